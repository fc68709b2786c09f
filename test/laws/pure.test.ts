import { describe, expect, test } from 'vitest';
import { drivers } from '../../src/drivers/index.ts';
import { modes } from '../../src/model/fleet.ts';
import { refKey } from '../../src/model/readings.ts';
import { refsOfSteps } from '../../src/reconcile/assess.ts';
import { nameOf } from '../../src/reconcile/judge.ts';
import { fleetOf } from './fleet.ts';

const facts = { server: 'https://hub.example:6443', ca: 'PEM', caFingerprints: ['aa'] };

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) frozen(child);
    Object.freeze(value);
  }
  return value;
}

describe.each(modes.map((mode) => drivers[mode]))('$mode', (driver) => {
  const { mode } = driver;
  const registration = () => {
    const options = { clusterSet: 'blue', clientConfigs: [{ url: 'https://m.example', caBundle: 'PEM' }] };
    const [first] = fleetOf([{ name: 'edge-1', mode, labels: { b: '2', a: '1' }, options }]).registrations;
    if (first === undefined) throw new Error('no registration');
    return frozen(first);
  };

  test('steps are pure and deterministic', () => {
    expect(JSON.stringify(driver.steps(registration(), frozen({ ...facts })))).toBe(
      JSON.stringify(driver.steps(registration(), facts)),
    );
  });

  test('steps are data: they survive JSON', () => {
    const steps = driver.steps(registration(), facts);
    expect(JSON.parse(JSON.stringify(steps))).toEqual(steps);
  });

  test('ids are unique, and so is every pair of object and field manager', () => {
    const steps = driver.steps(registration(), facts);
    const ids = steps.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const owners = steps.flatMap((step) => {
      if (step.kind === 'object')
        return step.objects.map(({ ref }) => `${step.site} ${nameOf(ref)} ${step.fieldManager}`);
      return step.kind === 'credential' ? [`${step.site} ${nameOf(step.secret.ref)} ${step.fieldManager}`] : [];
    });
    expect(owners.length).toBeGreaterThan(5);
    expect(new Set(owners).size).toBe(owners.length);
  });

  test('one ref is read in one way', () => {
    const byKey = new Map<string, string>();
    for (const ref of refsOfSteps(driver.steps(registration(), facts))) {
      const text = JSON.stringify(ref);
      expect(byKey.get(refKey(ref)) ?? text).toBe(text);
      byKey.set(refKey(ref), text);
    }
  });

  test('at most one step goes first, and the hub is read in bulk', () => {
    const steps = driver.steps(registration(), facts);
    expect(steps.filter(({ removal }) => removal?.first === true)).toHaveLength(1);
    const single = refsOfSteps(steps).filter(
      (ref) => ref.site === 'hub' && (ref.read === 'object' || ref.read === 'list') && ref.bulk === undefined,
    );
    expect(single).toEqual([]);
  });
});
