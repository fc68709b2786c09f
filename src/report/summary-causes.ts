import type { Outcome } from '../model/outcome.ts';
import { hang, type Line } from './layout.ts';
import type { Style } from './style.ts';
import { common, grouped, template } from './template.ts';
import { counted, memberOf, someNames } from './words.ts';

/** More names than this are abridged; the JSON document has all. */
const namesShown = 12;

type Told = Pick<Outcome, 'id' | 'written'> & {
  readonly step?: string;
  readonly reason: string;
  readonly next?: string;
};

const told = (outcome: Outcome): Told => ({
  id: outcome.id,
  written: outcome.written,
  reason: 'reason' in outcome ? outcome.reason : 'stopped on request',
  ...('step' in outcome && outcome.step !== undefined ? { step: outcome.step } : {}),
  ...('next' in outcome && outcome.next !== undefined ? { next: outcome.next } : {}),
});

const without = (text: string, { id }: Told): string => template(text, memberOf(id));

const said = (group: readonly Told[], pick: (one: Told) => string | undefined): string =>
  common(group.map((one) => ({ text: pick(one) ?? '', member: memberOf(one.id) })));

/** Kinds by cluster, each once: `hub ConfigMap, ManagedCluster; member nothing`. The JSON document has every name. */
const isWritten = ({ written }: Told): string => {
  const on = (site: string): string => {
    const kinds = written
      .filter((text) => text.startsWith(`${site} `))
      .map((text) => text.slice(site.length + 1).replace(/\/\S*/, ''));
    return `${site} ${[...new Set(kinds)].join(', ') || 'nothing'}`;
  };
  return written.length > 0 ? ['hub', 'member'].map(on).join('; ') : 'nothing';
};

function causeLines(group: readonly [Told, ...Told[]], style: Style, writes: boolean): Line[] {
  const [first] = group;
  const at = first.step === undefined ? '' : `${first.step}: `;
  const reason = said(group, (one) => one.reason);
  const names = group.map((one) => memberOf(one.id));
  const head =
    group.length === 1
      ? hang(`  ${first.id}  `, at + reason, style, { tone: 'heading', indent: 4 })
      : [
          ...hang('  ', at + reason, style, { flat: true }),
          ...hang(`    ${counted(group.length, 'member')}: `, someNames(names, namesShown), style),
        ];
  const sameWrites = grouped(group, (one) => without(isWritten(one), one));
  const written = sameWrites.flatMap((part) => {
    const who =
      sameWrites.length > 1
        ? ` (${someNames(
            part.map((one) => memberOf(one.id)),
            namesShown,
          )})`
        : '';
    return hang('    written: ', said(part, isWritten) + who, style);
  });
  const next = said(group, (one) => one.next);
  return [...head, ...(writes ? written : []), ...(next === '' ? [] : hang('    next: ', next, style))];
}

/**
 * Outcomes that did not end well, grouped by cause: one where step, reason and next differ in nothing but names, addresses,
 * ids and times. `writes` adds what was written, because that is what somebody has to look at.
 */
export function causes(outcomes: readonly Outcome[], style: Style, writes: boolean): Line[] {
  const key = (one: Told): string => JSON.stringify([one.step, without(one.reason, one), without(one.next ?? '', one)]);
  return grouped(outcomes.map(told), key).flatMap((group) => causeLines(group, style, writes));
}
