import type { Wanted } from './world.ts';

/** A member that no file of the user's names. */
export interface Generated extends Wanted {
  readonly labels: Readonly<Record<string, string>>;
}

const regions = ['eu', 'us', 'ap'];

/**
 * Makes up members, the same ones each time.
 * @param taken what is there already: its names and contexts are left out
 */
export function generateMembers(count: number, taken: readonly Wanted[]): readonly Generated[] {
  const used = new Set(taken.flatMap(({ name, context }) => [name, context]));
  const members: Generated[] = [];
  for (let number = 1; members.length < count; number++) {
    const name = `member-${String(number).padStart(3, '0')}`;
    const region = regions[number % regions.length] ?? '';
    if (!used.has(name)) members.push({ name, context: name, labels: { region } });
  }
  return members;
}

/** First line of a generated fleet file: only such a file is ever replaced. */
export const generatedMark = '# Written by rollcall sandbox';

/** A fleet file that registers generated members with the first hub. */
export function generatedFleet(hubs: readonly Wanted[], members: readonly Generated[]): string {
  const [hub] = hubs;
  if (!hub) return '';
  const listed = members.map(({ name, labels }) => `  - { name: ${name}, labels: ${JSON.stringify(labels)} }\n`);
  return [
    `${generatedMark}\n`,
    'apiVersion: rollcall.dev/v1alpha1\n',
    'kind: Fleet\n',
    'name: sandbox-generated\n',
    'hubs:\n',
    `  - { name: ${hub.name}, type: ocm, access: { context: ${JSON.stringify(hub.context)} } }\n`,
    'defaults:\n',
    `  registrations: [{ hub: ${hub.name}, mode: ocm-default }]\n`,
    'members:\n',
    ...listed,
  ].join('');
}
