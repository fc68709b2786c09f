import { expect } from 'vitest';
import { type Declared, fleetFile } from './fleet-file.ts';
import type { Ground, Site } from './ground.ts';
import { configMaps, lockKey, look } from './live.ts';
import type { Program, Ran } from './program.ts';

/** What a scenario works with: clusters, and the program under test. */
export class Bench {
  readonly ground: Ground;
  readonly rollcall: Program;

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

  async join(...members: readonly Declared[]): Promise<void> {
    await this.done(members, 'apply', '--yes');
    for (const { site } of members) expect(await look(this.ground, site).available()).toBe('True');
  }

  /** Leaves the ground as a scenario found it. */
  async unjoinAll(count: number): Promise<void> {
    await this.done([], 'apply', '--yes', '--prune', '--allow-removals', String(count));
    expect(await this.#records()).toEqual([]);
  }

  /** Clears what a test that failed left, so that it is the only one to fail. */
  async sweep(): Promise<void> {
    if (this.ground.isOurs) {
      for (const { name, plane } of this.ground.members) {
        plane?.resume();
        this.ground.actors().revive(name);
      }
    }
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
