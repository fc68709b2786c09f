import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { planText } from '../../src/report/plan-text.ts';
import { changing, joinSteps, labelStep, planOf, registration, samplePlan, style, wide } from './sample-plan.ts';

const version = '0.1.0';
const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `edge-${String(at + 1).padStart(4, '0')}`);

describe('the plan as text', () => {
  test('has every section in order of danger, at 80 columns', async () => {
    const text = planText(samplePlan, { style, version });
    await expect(text).toMatchFileSnapshot('golden/plan.txt');
    const order = [
      'REMOVES 1',
      'RESTARTS 1',
      'CHANGES',
      'HUBS NOT OBSERVED 1',
      'REFUSED 2',
      'BLOCKED 2',
      'UNHEALTHY 1',
      'UNMANAGED 12',
    ];
    const found = order.map((title) => text.indexOf(`\n${title}`));
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(found).not.toContain(-1);
  });

  test('lists what is in sync and every unmanaged name with all', async () => {
    await expect(planText(samplePlan, { style: wide, version, all: true })).toMatchFileSnapshot('golden/plan-all.txt');
  });

  test('reads at 40 columns', async () => {
    await expect(planText(samplePlan, { style: { color: false, width: 40 }, version })).toMatchFileSnapshot(
      'golden/plan-narrow.txt',
    );
  });

  test('colours change nothing but colours', async () => {
    const text = planText(samplePlan, { style: { color: true, width: 80 }, version });
    await expect(text.replaceAll('\u001b', '<esc>')).toMatchFileSnapshot('golden/plan-color.txt');
    expect(stripVTControlCharacters(text)).toBe(planText(samplePlan, { style, version }));
  });

  test('an empty plan is one clear line', () => {
    const inSync = numbered(400).map((name) => registration(`ocm-eu/${name}`, { is: 'in-sync' }));
    expect(planText(planOf(inSync), { style, version })).toBe(
      'acme  1 hub, 400 members  rollcall 0.1.0  plan 7f3a91c2\nnothing to do: all 400 registrations are in sync\n',
    );
    expect(planText(planOf([]), { style, version })).toContain('\nnothing to do: no registration is selected\n');
  });

  test('an unobserved hub is never an empty plan', () => {
    const text = planText(planOf([], { hubs: [{ name: 'ocm-eu', observed: false, reason: 'timed out' }] }), {
      style,
      version,
    });
    expect(text).not.toContain('nothing to do');
    expect(text).toContain('HUBS NOT OBSERVED 1  nothing is changed there\n! ocm-eu   timed out\n');
  });

  test('notes on what is in sync are shown', () => {
    const noted = registration('ocm-eu/a', { is: 'in-sync' }, { notes: ['1 request by somebody else is ignored'] });
    expect(planText(planOf([noted]), { style, version })).toContain('note: 1 request by somebody else is ignored');
  });

  test('a join that changes an existing agent restarts it, a first join does not', () => {
    const first = changing('ocm-eu/a', 'join', { steps: joinSteps('a') });
    const again = changing('ocm-eu/b', 'join', {
      steps: joinSteps('b').map((step) => (step.step === 'klusterlet' ? { ...step, does: 'change' } : step)),
    });
    const text = planText(planOf([first, again]), { style, version });
    expect(text).toMatch(/RESTARTS 1\n\+ join +ocm-eu\/b +restarts the agent;/);
    expect(text).toMatch(/CHANGES\n\+ join +ocm-eu\/a +identity,/);
  });

  test('values are told apart from what they look like, long ones are cut where they differ', () => {
    const long = 'x'.repeat(300);
    const step = labelStep('a', `${long}old`, `${long}new`);
    const [field] = step.fields;
    if (!field) throw new Error('the sample has a field');
    const fields = [
      field,
      { ...field, path: '.a', live: '5', desired: 5 },
      { ...field, path: '.b', live: 'true', desired: true },
      { ...field, path: '.c', live: '', desired: null },
      { ...field, path: '.d', live: { b: 1, a: [2] }, desired: 'two words' },
    ];
    const text = planText(planOf([changing('ocm-eu/a', 'repair', { steps: [{ ...step, fields }] })]), {
      style: wide,
      version,
    });
    expect(text).toContain('…xxxxxxxxxxxxxxxxxxxxold (303 characters) →');
    expect(text).toContain('…xxxxxxxxxxxxxxxxxxxxnew (303 characters)');
    expect(text).toContain('"5" → 5\n');
    expect(text).toContain('"true" → true\n');
    expect(text).toContain('"" → null\n');
    expect(text).toContain('{"a":[2],"b":1} → "two words"\n');
  });
});

describe('folding', () => {
  test('5,000 joins of one shape are a few lines, with a count', async () => {
    const joins = numbered(5000).map((name) => changing(`ocm-eu/${name}`, 'join', { steps: joinSteps(name) }));
    await expect(planText(planOf(joins), { style, version })).toMatchFileSnapshot('golden/plan-folded.txt');
  });

  test('with all every one is listed', () => {
    const names = numbered(500);
    const joins = names.map((name) => changing(`ocm-eu/${name}`, 'join', { steps: joinSteps(name) }));
    const text = planText(planOf(joins), { style, version, all: true });
    expect(names.filter((name) => !text.includes(`ocm-eu/${name} `))).toEqual([]);
  });

  test('20 lines or fewer stay as they are', () => {
    const repairs = numbered(6).map((name) =>
      changing(`ocm-eu/${name}`, 'repair', { steps: [labelStep(name, undefined, 'gold')] }),
    );
    const text = planText(planOf(repairs), { style, version });
    for (const name of numbered(6)) expect(text).toContain(`~ repair ocm-eu/${name}`);
    expect(text).not.toContain('folded');
  });

  test('entries that differ in more than the member are not folded together', () => {
    const repairs = numbered(30).map((name, at) =>
      changing(`ocm-eu/${name}`, 'repair', { steps: [labelStep(name, undefined, at === 17 ? 'silver' : 'gold')] }),
    );
    const text = planText(planOf(repairs), { style, version });
    expect(text).toContain('~ repair ocm-eu: 29 members');
    expect(text).toContain('hub ManagedCluster/<member> .metadata.labels.tier\n      (none) → gold\n');
    expect(text).toContain(
      '~ repair ocm-eu/edge-0018\n    hub ManagedCluster/edge-0018 .metadata.labels.tier\n      (none) → silver\n',
    );
  });

  test('who wrote a field folds, when does not keep apart', () => {
    const repairs = numbered(30).map((name, at) => {
      const step = labelStep(name, 'silver', 'gold');
      const by = { manager: 'kubectl-edit', at: `2026-11-20T22:${10 + at}:00Z` };
      return changing(`ocm-eu/${name}`, 'repair', {
        steps: [{ ...step, fields: step.fields.map((field) => ({ ...field, by })) }],
      });
    });
    const text = planText(planOf(repairs), { style, version });
    expect(text).toContain('~ repair ocm-eu: 30 members');
    expect(text).toContain('silver → gold    by kubectl-edit, <time>\n');
  });

  test('hubs are folded apart, blocked ones by cause', async () => {
    const blocked = numbered(60).map((name, at) =>
      registration(at % 3 === 0 ? `ocm-us/${name}` : `ocm-eu/${name}`, {
        is: 'blocked',
        reason: at % 2 === 0 ? `connect 10.4.0.${at}:6443 timed out, 5 s` : `401, renew /etc/fleet/kube/${name}.yaml`,
      }),
    );
    await expect(planText(planOf(blocked), { style, version })).toMatchFileSnapshot('golden/plan-blocked.txt');
  });

  test('what removes, restarts or is refused is never folded', () => {
    const names = numbered(100);
    const restarting = labelStep('x', 'a', 'b');
    const text = planText(
      planOf([
        ...names.map((name) => changing(`h1/${name}`, 'unjoin', { why: 'not in the file' })),
        ...names.map((name) => changing(`h2/${name}`, 'repair', { steps: [{ ...restarting, restarts: 'the agent' }] })),
        ...names.map((name) => registration(`h3/${name}`, { is: 'refused', reason: 'another cluster' })),
      ]),
      { style, version },
    );
    for (const hub of ['h1', 'h2', 'h3']) expect(names.filter((name) => !text.includes(`${hub}/${name} `))).toEqual([]);
    expect(text).toContain('REMOVES 100 (needs --allow-removals 100)');
    expect(text).not.toContain('folded');
  });
});
