import type { DocNode, Entry, Finding } from './document.ts';
import { didYouMean, list } from './words.ts';

/** The keys whose text may hold `${NAME}`: paths and server addresses. Anywhere else it is plain text. */
const expandedKeys = new Set(['kubeconfig', 'caFile', 'tokenFile', 'server']);

/** `${NAME}`, `{{x}}` (which stands for the text `{x}`), and `{x}` with x as in `name` or `labels.topology.kubernetes.io/zone`. */
const pattern = /\$\{([^}]*)\}|\{\{([a-z][\w./-]*)\}\}|\{([a-z][\w./-]*)\}/gi;

/** What may be filled in. */
export interface Fillings {
  readonly name: string;
  /** Left out where there are none to use (a hub). */
  readonly labels?: Readonly<Record<string, string>>;
  /** A `${NAME}`; undefined when nobody set it. */
  variable(name: string): string | undefined;
}

/** Collects what is wrong, under a rule's name. */
export type Report = (rule: string, finding: Finding) => void;

/**
 * Fills in `{name}` and `{labels.x}` in every text below a node, and `${NAME}` in paths and server addresses. What is filled in
 * is never looked at again. A node in which nothing changes is returned as it is.
 * @param key the key that holds the node
 */
export function fill(node: DocNode, key: string, fillings: Fillings, report: Report): DocNode {
  if (node.kind === 'map') {
    let entries: Map<string, Entry> | undefined;
    for (const [name, entry] of node.entries) {
      const filled = fill(entry.node, name, fillings, report);
      if (filled === entry.node) continue;
      entries ??= new Map(node.entries);
      entries.set(name, { ...entry, node: filled });
    }
    return entries === undefined ? node : { ...node, entries };
  }
  if (node.kind === 'list') {
    const items = node.items.map((item) => fill(item, key, fillings, report));
    return items.every((item, index) => item === node.items[index]) ? node : { ...node, items };
  }
  if (typeof node.value !== 'string' || !node.value.includes('{')) return node;
  const value = fillText(node.value, expandedKeys.has(key), fillings, (rule, message, suggestion) =>
    report(rule, { node, message, suggestion }),
  );
  return value === node.value ? node : { ...node, value };
}

type Complain = (rule: string, message: string, suggestion?: string) => void;

function fillText(text: string, expands: boolean, fillings: Fillings, complain: Complain): string {
  return text.replace(pattern, (whole, variable?: string, literal?: string, template?: string) => {
    if (literal !== undefined) return `{${literal}}`;
    if (template !== undefined) return fillTemplate(template, fillings, complain) ?? whole;
    if (!expands || variable === undefined) return whole;
    const value = fillings.variable(variable);
    if (value !== undefined) return value;
    const how = /^[A-Za-z_]\w*$/.test(variable)
      ? `set it with --var ${variable}=… or in ROLLCALL_VAR_${variable}`
      : 'a name has letters, digits and "_" only';
    complain('unset-variable', `\${${variable}} is not set; ${how}`);
    return whole;
  });
}

function fillTemplate(template: string, fillings: Fillings, complain: Complain): string | undefined {
  if (template === 'name') return fillings.name;
  const labels = fillings.labels;
  if (labels === undefined || !template.startsWith('labels.')) {
    const known = labels === undefined ? ['name'] : ['name', ...Object.keys(labels).map((label) => `labels.${label}`)];
    const suggestion = didYouMean(template, known) ?? `known here: ${list(known)}`;
    complain(
      'unknown-template',
      `{${template}} stands for nothing; for the text itself write {{${template}}}`,
      suggestion,
    );
    return undefined;
  }
  const label = template.slice('labels.'.length);
  if (Object.hasOwn(labels, label)) return labels[label];
  complain('missing-label', `${fillings.name} has no label "${label}"`, didYouMean(label, Object.keys(labels)));
  return undefined;
}

/** The text that, filled in, is this text again. */
export const escapeTemplates = (text: string): string =>
  text.includes('{')
    ? text.replace(pattern, (whole, variable?: string) => (variable === undefined ? `{${whole}}` : whole))
    : text;
