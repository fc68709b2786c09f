import { constructFromEvents, type Event, EVENT_ID, parseEvents, YAMLException } from 'js-yaml';
import type { Problem } from '../model/problem.ts';
import type { DocNode, SourceText } from './document.ts';
import { maxDepth, schema, startOf, TreeBuilder } from './yaml-tree.ts';

/** A parsed file: its plain value for the schema, and its nodes for everything else. */
export interface ParsedYaml {
  readonly value: unknown;
  readonly root: DocNode;
}

/**
 * Parses YAML 1.2 (core schema) or JSON. Anchors, aliases and merge keys (`<<`) are supported; every other tag than those of the
 * core schema is refused, so that reading a file constructs plain values only.
 */
export function parseYaml(source: SourceText): ParsedYaml | { readonly problems: readonly Problem[] } {
  try {
    const events = parseEvents(source.text, { maxDepth });
    // js-yaml stops at the first duplicate key; the builder below finds all of them.
    const documents = constructFromEvents(events, {
      source: source.text,
      schema,
      json: true,
      maxTotalMergeKeys: 1_000_000,
    });
    if (documents.length > 1) return { problems: [severalDocuments(source, events)] };
    if (documents.length === 0 || documents[0] === null) {
      return {
        problems: [
          source.problemAt(0, {
            rule: 'empty-file',
            message: 'the file is empty; a fleet starts with apiVersion: rollcall.dev/v1alpha1 and kind: Fleet',
          }),
        ],
      };
    }
    const builder = new TreeBuilder(source, events);
    const root = builder.build(documents[0]);
    if (builder.problems.length > 0) return { problems: builder.problems };
    return { value: documents[0], root };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return { problems: [syntaxProblem(source, error)] };
  }
}

function syntaxProblem(source: SourceText, error: YAMLException): Problem {
  const at = Math.min(error.mark?.position ?? 0, source.text.length);
  const problem = source.problemAt(at, { rule: 'yaml-syntax', message: `not valid YAML: ${error.reason}` });
  const hasTemplate = /\{(?:name|labels\.[\w./-]+)\}/.test(problem.sourceLine ?? '');
  return hasTemplate
    ? { ...problem, suggestion: 'a text with {name} or {labels.x} inside of { } or [ ] must be in quotes' }
    : problem;
}

function severalDocuments(source: SourceText, events: readonly Event[]): Problem {
  const second = events.slice(1).findIndex((event) => event.type === EVENT_ID.DOCUMENT) + 1;
  const begins = events
    .slice(second)
    .map(startOf)
    .find((start) => start > 0);
  return source.problemAt(begins ?? 0, {
    rule: 'several-documents',
    message: 'the file holds several YAML documents (---); a fleet is one document',
  });
}
