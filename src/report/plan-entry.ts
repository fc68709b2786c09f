import type { Action, Consequences, PlannedStep, RegistrationPlan } from '../model/plan.ts';
import type { Line } from './layout.ts';
import { hang, padded } from './layout.ts';
import type { Style, Tone } from './style.ts';
import { change } from './value.ts';
import { counted } from './words.ts';

/** One registration in the plan's text before it is laid out: what it says on its own line, and the lines below. */
export interface Entry {
  readonly plan: RegistrationPlan;
  readonly sign: string;
  readonly verb: string;
  readonly tone: Tone;
  readonly body: string;
  readonly below: readonly { readonly indent: number; readonly text: string }[];
}

const signs = { join: '+', repair: '~', adopt: '=', unjoin: '-' } as const;
const tones = { join: 'good', repair: 'change', adopt: 'change', unjoin: 'danger' } as const;

/** Step ids are the short names that a whole join fits in; titles are for one step at a time. */
const shortName = (step: PlannedStep): string => step.step.replaceAll('-', ' ');

function summary(steps: readonly PlannedStep[]): string {
  // The record goes with every change and says nothing about it.
  const done = steps.filter((step) => step.does !== 'wait' && step.step !== 'record').map(shortName);
  if (done.length === 0) return 'record only';
  const awaited = steps.filter((step) => step.does === 'wait').map(shortName);
  return [done.join(', '), awaited.length > 0 ? `then ${awaited.join(', ')}` : ''].filter(Boolean).join('; ');
}

/** Whether performing this step interrupts something that runs: what a join creates for the first time does not. */
const restarts = (plan: RegistrationPlan, step: PlannedStep): boolean =>
  step.restarts !== undefined &&
  plan.verdict.is === 'change' &&
  plan.verdict.action !== 'unjoin' &&
  (plan.verdict.action !== 'join' || step.does === 'change');

/** @returns what a registration's changes restart, without repetition; empty for none */
export const restartsOf = (plan: RegistrationPlan): readonly string[] => [
  ...new Set(
    plan.steps.flatMap((step) => (step.restarts !== undefined && restarts(plan, step) ? [step.restarts] : [])),
  ),
];

function details(steps: readonly PlannedStep[], conditional: boolean): Entry['below'] {
  const would = conditional ? 'would ' : '';
  const awaited = steps.filter((step) => step.does === 'wait').map(shortName);
  const lines = steps
    .filter((step) => step.does !== 'wait' && (step.step !== 'record' || steps.length === 1))
    .flatMap((step) =>
      step.fields.length > 0
        ? step.fields.flatMap((field) => [
            { indent: 4, text: `${step.site} ${field.object} ${field.path}` },
            { indent: 6, text: change(field) },
          ])
        : [{ indent: 4, text: `${would}${step.does} on the ${step.site}: ${step.objects.join(', ') || step.title}` }],
    );
  return awaited.length > 0 && !conditional ? [...lines, { indent: 4, text: `then ${awaited.join(', ')}` }] : lines;
}

const named = (count: number, one: string, names: readonly string[]): string => {
  const more = count - Math.min(count, names.length, 3);
  const some = [...names.slice(0, 3), ...(more > 0 ? [`+${more}`] : [])].join(', ');
  return counted(count, one) + (count > 0 && names.length > 0 ? ` (${some})` : '');
};

const stops = ({ works, workNames, addons, addonNames }: Consequences): string =>
  works + addons === 0
    ? 'stops nothing on the member: no works, no add-ons'
    : `stops on the member: ${named(works, 'work', workNames)}; ${named(addons, 'add-on', addonNames)}`;

/** Everything that an unjoin removes, by site; a removal is never abridged. */
function removed(steps: readonly PlannedStep[]): Entry['below'] {
  return (['member', 'hub'] as const).flatMap((site) => {
    const objects = steps
      .filter((step) => step.site === site && step.does !== 'wait')
      .flatMap((step) => (step.objects.length > 0 ? step.objects : [step.title]));
    return objects.length > 0 ? [{ indent: 4, text: `removes on the ${site}: ${objects.join(', ')}` }] : [];
  });
}

const reasonOf = (plan: RegistrationPlan): string =>
  [plan.why, plan.why !== undefined && plan.source ? `${plan.source.file}:${plan.source.line}` : undefined]
    .filter(Boolean)
    .join(', ');

function changeEntry(plan: RegistrationPlan, action: Action): Pick<Entry, 'body' | 'below'> {
  const restarted = restartsOf(plan).map((what) => `restarts ${what}`);
  const why = reasonOf(plan);
  const parts = (...texts: readonly string[]): string => texts.filter(Boolean).join('; ');
  switch (action) {
    case 'unjoin':
      return {
        body: why,
        below: [...(plan.consequences ? [{ indent: 4, text: stops(plan.consequences) }] : []), ...removed(plan.steps)],
      };
    case 'join':
      return {
        body: parts(why, ...restarted, summary(plan.steps)),
        below: details(
          plan.steps.filter((step) => step.fields.length > 0 || step.does === 'remove'),
          false,
        ),
      };
    case 'adopt':
      return {
        body: parts(why, summary(plan.steps), ...(restarted.length > 0 ? restarted : ['no restart'])),
        below: details(
          plan.steps.filter((step) => step.fields.length > 0 || step.does === 'remove'),
          false,
        ),
      };
    case 'repair':
      return { body: parts(why, ...restarted), below: details(plan.steps, false) };
  }
}

function verdictEntry(plan: RegistrationPlan): Omit<Entry, 'plan'> {
  const { verdict } = plan;
  const next = (text: string | undefined): Entry['below'] =>
    text === undefined ? [] : [{ indent: 4, text: `next: ${text}` }];
  switch (verdict.is) {
    case 'change':
      return {
        sign: signs[verdict.action],
        verb: verdict.action,
        tone: tones[verdict.action],
        ...changeEntry(plan, verdict.action),
      };
    case 'refused':
      return {
        sign: '!',
        verb: '',
        tone: 'danger',
        body: verdict.reason,
        below: [...next(verdict.next), ...details(plan.steps, true)],
      };
    case 'blocked':
      return { sign: '?', verb: '', tone: 'warning', body: verdict.reason, below: next(verdict.next) };
    case 'unhealthy': {
      const [first = '', ...more] = verdict.reasons;
      return { sign: '*', verb: '', tone: 'warning', body: first, below: more.map((text) => ({ indent: 4, text })) };
    }
    case 'in-sync':
      return { sign: ' ', verb: '', tone: 'faint', body: plan.mode, below: [] };
  }
}

/** @returns what the plan's text says about one registration, notes included */
export function entryOf(plan: RegistrationPlan): Entry {
  const entry = verdictEntry(plan);
  return {
    plan,
    ...entry,
    below: [
      ...(plan.held === undefined ? [] : [{ indent: 4, text: `held: ${plan.held}` }]),
      ...entry.below,
      ...plan.notes.map((note) => ({ indent: 4, text: `note: ${note}` })),
    ],
  };
}

/** Lays one entry out; `columns` is the width of the section's id column. */
export function layEntry(entry: Entry, id: string, columns: number, style: Style): Line[] {
  const lead = `${entry.sign} ${entry.verb === '' ? '' : padded(entry.verb, 7)}`;
  const room = padded(id, columns);
  const head = hang(`${lead}${room}   `, entry.body, style, { tone: entry.tone, indent: 6 });
  return [...head, ...entry.below.flatMap(({ indent, text }) => belowLines(indent, text, style))];
}

/** A line below an entry; what wraps hangs two columns further in. */
export const belowLines = (indent: number, text: string, style: Style): Line[] =>
  hang(' '.repeat(indent), text, style, { flat: true, indent: indent + 2 });
