import type { Registry } from './registry.ts';
import type { Store } from './store.ts';
import type { Admit, Authority, Authorize, Chance, Scheduler, User } from './types.ts';

/** What all parts of one API server share. */
export interface Core {
  readonly store: Store;
  readonly registry: Registry;
  readonly chance: Chance;
  readonly authorize: Authorize;
  readonly authority: Authority;
  readonly scheduler: Scheduler;
  readonly admit: Admit | undefined;
}

/** Who writes, under which name in managedFields, and whether it counts. */
export interface Writer {
  readonly user: User;
  readonly manager: string;
  readonly dryRun: boolean;
}

/** @returns the server's time in RFC 3339, whole seconds */
export function timestamp(chance: Chance): string {
  return `${new Date(chance.now()).toISOString().slice(0, 19)}Z`;
}

/** @returns a version 4 UUID */
export function uuid(chance: Chance): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (letter) => {
    const digit = Math.floor(chance.random() * 16);
    return (letter === 'x' ? digit : (digit & 3) | 8).toString(16);
  });
}

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789';

/** @returns the five letters that generateName appends */
export function nameSuffix(chance: Chance): string {
  return Array.from({ length: 5 }, () => suffixLetters[Math.floor(chance.random() * suffixLetters.length)]).join('');
}
