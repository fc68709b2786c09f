import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { modes } from '../../src/model/fleet.ts';
import { canonicalJson, compactJson } from '../../src/report/canonical.ts';
import { planJson, statusJson } from '../../src/report/plan-json.ts';
import { planText } from '../../src/report/plan-text.ts';
import { problemsJson } from '../../src/report/problems.ts';
import { summaryJson } from '../../src/report/summary.ts';
import { sampleOutcomes, sampleProblems, sampleRun, sampleStatus } from './samples.ts';
import { planOf, samplePlan, style } from './sample-plan.ts';

const schema: unknown = JSON.parse(readFileSync(new URL('../../plan.schema.json', import.meta.url), 'utf8'));
const ajv = new Ajv2020({ strict: true, allErrors: true, formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/ } });
ajv.addSchema(schema as object, 'plan');

/** @returns what the schema holds against a document of ours; [] = valid */
function faults(definition: string, json: string): unknown[] {
  const validate = ajv.getSchema(`plan${definition}`);
  if (!validate) throw new Error(`the schema has no ${definition}`);
  return validate(JSON.parse(json)) ? [] : (validate.errors ?? []);
}

/** The same value with the keys of every object in another order. */
const permuted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(permuted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, permuted(inner)]),
  );
};

describe('the documents', () => {
  test('satisfy their schema', () => {
    expect(faults('', planJson(samplePlan))).toEqual([]);
    expect(faults('', planJson(planOf([])))).toEqual([]);
    expect(faults('#/$defs/Status', statusJson(sampleStatus))).toEqual([]);
    expect(faults('#/$defs/Summary', summaryJson(sampleOutcomes, sampleRun))).toEqual([]);
    expect(faults('#/$defs/Validation', problemsJson(sampleProblems))).toEqual([]);
    expect(faults('#/$defs/Validation', problemsJson([]))).toEqual([]);
  });

  test('the schema refuses what is no such document', () => {
    expect(faults('', planJson({ ...samplePlan, hash: 'short' }))).not.toEqual([]);
    expect(faults('', canonicalJson({ ...samplePlan, token: 'x' }))).not.toEqual([]);
    const [first] = samplePlan.registrations;
    expect(
      faults('', canonicalJson({ ...samplePlan, registrations: [{ ...first, verdict: { is: 'perhaps' } }] })),
    ).not.toEqual([]);
    expect(
      faults('', canonicalJson({ ...samplePlan, registrations: [{ ...first, verdict: { is: 'change' } }] })),
    ).not.toEqual([]);
    expect(faults('#/$defs/Status', statusJson({ ...sampleStatus, kind: 'Status', rows: [{} as never] }))).not.toEqual(
      [],
    );
  });

  test('the schema knows every mode', () => {
    const document = schema as { $defs: { Registration: { properties: { mode: { enum: string[] } } } } };
    expect(document.$defs.Registration.properties.mode.enum).toEqual(modes);
  });

  test('every field of the schema is described', () => {
    const missing: string[] = [];
    const walk = (node: unknown, at: string): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [key, inner] of Object.entries(node)) {
        if (key === 'properties')
          for (const [name, property] of Object.entries(inner as Record<string, Record<string, unknown>>))
            if (!('description' in property) && !('$ref' in property) && !('const' in property))
              missing.push(`${at}.${name}`);
        walk(inner, `${at}.${key}`);
      }
    };
    walk(schema, '');
    expect(missing).toEqual([]);
  });

  test('are the same bytes whatever the order of keys', async () => {
    const other = permuted(samplePlan) as typeof samplePlan;
    expect(Object.keys(other)).not.toEqual(Object.keys(samplePlan));
    expect(planJson(other)).toBe(planJson(samplePlan));
    expect(planText(other, { style, version: '1' })).toBe(planText(samplePlan, { style, version: '1' }));
    await expect(planJson(samplePlan)).toMatchFileSnapshot('golden/plan.golden.json');
  });

  test('canonical JSON is JSON of the same value, sorted, on terminals harmless', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
        const document = { value, [text]: text };
        for (const json of [canonicalJson(document), compactJson(document)]) {
          expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(document)));
          expect(json.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        }
        expect(canonicalJson(permuted(document))).toBe(canonicalJson(document));
      }),
      { numRuns: 200 },
    );
    expect(canonicalJson({ b: undefined, a: { d: 1, c: [] } })).toBe('{\n  "a": {\n    "c": [],\n    "d": 1\n  }\n}\n');
  });
});
