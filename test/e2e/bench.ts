import { expect } from 'vitest';
import { kinds } from '../../src/sandbox/actors/kinds.ts';
import { type Declared, fleetFile } from './fleet-file.ts';
import type { Ground, Site } from './ground.ts';
import { configMaps, lockKey, look } from './live.ts';
import type { Program, Ran } from './program.ts';

/**
 * What scenarios work with: clusters, the program under test, and the members that are joined. A join and an unjoin take their
 * time on real clusters, so what one scenario has joined is there for the next.
 */
export class Bench {
  readonly ground: Ground;
  readonly rollcall: Program;
  readonly #standing = new Map<string, Declared>();

  constructor(ground: Ground, rollcall: Program) {
    this.ground = ground;
    this.rollcall = rollcall;
  }

  /** The members in their order. */
  get members(): readonly [Site, Site, Site] {
    const [alpha, beta, gamma] = this.ground.members;
    if (alpha === undefined || beta === undefined || gamma === undefined) throw new Error('three members are needed');
    return [alpha, beta, gamma];
  }

  /** @returns these, and after them every other member that is joined as it is declared */
  with(...changed: readonly Declared[]): readonly Declared[] {
    const names = new Set(changed.map(({ site, name = site.name }) => name));
    const others = [...this.#standing].filter(([name]) => !names.has(name)).map(([, one]) => one);
    return [...changed, ...others];
  }

  /** From now on these are declared so. */
  keep(...members: readonly Declared[]): void {
    for (const one of members) this.#standing.set(one.site.name, one);
  }

  /** From now on it is not declared any more. */
  drop(site: Site): void {
    this.#standing.delete(site.name);
  }

  /** `rollcall …` beside a fleet file with these members. */
  run(members: readonly Declared[], ...args: readonly string[]): Promise<Ran> {
    // What does not come about is to be read in the program's own words, not in the test's timeout.
    const patience = args[0] === 'apply' || args[0] === 'unjoin' ? ['--wait-timeout', '60s'] : [];
    return this.rollcall.run(fleetFile(this.ground, members), ...args, ...patience);
  }

  /** The same, and it must end with 0. */
  async done(members: readonly Declared[], ...args: readonly string[]): Promise<Ran> {
    const ran = await this.run(members, ...args);
    expect(ran.code, `${args.join(' ')}:\n${ran.out}${ran.err}`).toBe(0);
    return ran;
  }

  /** These are joined now, as declared, beside what was. */
  async join(...members: readonly Declared[]): Promise<void> {
    await this.done(this.with(...members), 'apply', '--yes');
    this.keep(...members);
    for (const { site } of members) expect(await look(this.ground, site).available()).toBe('True');
  }

  /** Leaves the ground as it was. */
  async unjoinAll(): Promise<void> {
    await this.done([], 'apply', '--yes', '--prune', '--allow-removals', String(this.#standing.size));
    this.#standing.clear();
    expect(await this.#records()).toEqual([]);
  }

  /** Clears what a test that failed left, so that it is the only one to fail. */
  async sweep(): Promise<void> {
    if (this.ground.isOurs) {
      for (const { name, plane, client } of this.ground.members) {
        plane?.resume();
        await client.list({ type: kinds.namespace }).catch(() => plane?.restart());
        this.ground.actors().revive(name);
      }
    }
    this.#standing.clear();
    await this.ground.hub.client.remove(lockKey);
    const left = (await this.#records()).length;
    if (left > 0) await this.run([], 'apply', '--yes', '--prune', '--allow-removals', String(left));
  }

  async #records(): Promise<readonly string[]> {
    const key = { type: configMaps, namespace: lockKey.namespace, labelSelector: 'rollcall.dev/fleet=rollcall-e2e' };
    return (await this.ground.hub.client.list(key)).items.map(({ metadata }) => metadata.name);
  }
}

export type Use = () => Bench;
