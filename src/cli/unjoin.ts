import { exitCodes, RunError } from '../model/errors.ts';
import { change } from './apply.ts';
import { checkTarget, loadOrRefuse } from './fleet.ts';
import type { Io } from './io.ts';
import type { ChangeOptions } from './options.ts';

/** `rollcall unjoin`: plans and carries out the removal of the named members. @returns the exit code */
export async function unjoin(
  options: Omit<ChangeOptions, 'member' | 'selector'> & { readonly members: readonly string[] },
  io: Io,
): Promise<number> {
  const fleet = await loadOrRefuse(options, io);
  checkTarget(fleet, { hub: options.hub }, true);
  const declared = fleet.registrations.filter(
    ({ member, state }) => state === 'present' && options.members.includes(member.name),
  );
  if (declared.length > 0) {
    const names = [...new Set(declared.map(({ member }) => member.name))].join(', ');
    throw new RunError(
      exitCodes.refused,
      `the file still declares ${names}: the next apply would join again; nothing was changed`,
      'say state: absent in the registration, or take the member out of the file',
    );
  }
  const scope = { prune: true, only: ['unjoin'] as const, forget: [], rebuilt: [] };
  return change(
    fleet,
    { ...options, member: options.members },
    scope,
    { name: 'unjoin', membersAsArguments: true },
    io,
  );
}
