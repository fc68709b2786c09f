import leven from 'leven';
import { exitCodes, RunError } from '../model/errors.ts';
import { nearest as nearestBy } from '../model/nearest.ts';

/** @returns the known name that was probably meant, if one is near enough */
export const nearest = (name: string, known: readonly string[]): string | undefined => nearestBy(name, known, leven);

/** What a command line may hold, for "did you mean". */
export interface Known {
  readonly commands: readonly string[];
  readonly options: readonly string[];
}

const dashes = (option: string): string => (option.length === 1 ? `-${option}` : `--${option}`);

const kebab = (option: string): string => option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * Says in this program's words what yargs found wrong with a command line.
 * @param message as yargs words it
 * @returns exit 3, naming the word that is wrong and what was probably meant
 */
export function usageError(message: string, argv: readonly string[], known: Known): RunError {
  const command = known.commands.find((name) => name === argv[0]);
  const help = `rollcall${command === undefined ? '' : ` ${command}`} --help`;
  const fail = (what: string, meant?: string): RunError =>
    new RunError(exitCodes.usage, what, meant === undefined ? `see ${help}` : `did you mean ${meant}?`);

  const missing = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (missing !== undefined) return fail(`${dashes(missing)} needs a value`);

  const choice = /Argument: (.+), Given: "?(.*?)"?, Choices: (.+)$/s.exec(message);
  if (choice !== null) {
    const [, option = '', given = '', choices = ''] = choice;
    const allowed = choices.replaceAll('"', '').split(', ');
    return fail(`${dashes(option)} ${given} is none of ${allowed.join(', ')}`, nearest(given, allowed));
  }

  const unknown = /^Unknown (?:argument|command)s?: (.+)$/.exec(message)?.[1];
  const [word] = unknown === undefined ? [] : [...new Set(unknown.split(', ').map(kebab))];
  if (word !== undefined) {
    // yargs names an option without its dashes, and without the `no-` before it.
    const written = argv.find((given) => kebab(given.replace(/^-+(no-)?|=.*$/g, '')) === word) ?? word;
    if (written.startsWith('-')) {
      const options = [...known.options, 'no-color'];
      const meant = nearest(written.replace(/^-+|=.*$/g, ''), options);
      return fail(`unknown option ${written.replace(/=.*$/, '')}`, meant === undefined ? undefined : dashes(meant));
    }
    if (command === undefined) return fail(`unknown command ${word}`, nearest(word, known.commands));
    return fail(`${command} takes no argument ${word}`);
  }
  if (message.startsWith('Not enough non-option arguments')) return fail(`${command ?? 'it'} needs at least one name`);
  return fail(message);
}
