import type { ExecuteEvent, Outcome } from '../model/outcome.ts';
import { compactJson } from './canonical.ts';
import { plain } from './plain.ts';
import type { Progress } from './progress.ts';
import { template } from './template.ts';
import { past, took } from './words.ts';

function ended(outcome: Outcome): string {
  const next = 'next' in outcome && outcome.next !== undefined ? `; next: ${outcome.next}` : '';
  switch (outcome.is) {
    case 'done':
      return outcome.action === 'none' ? past.none : `${past[outcome.action]} in ${took(outcome.tookMs)}`;
    case 'failed':
      return `${outcome.step}: failed: ${outcome.reason}${next}`;
    case 'blocked':
    case 'refused':
      return `${outcome.is}: ${outcome.reason}${next}`;
    case 'interrupted':
      return `${outcome.step === undefined ? '' : `${outcome.step}: `}interrupted`;
    case 'not-started':
      return `not started: ${outcome.reason}`;
  }
}

const said = (event: ExecuteEvent): string => {
  switch (event.type) {
    case 'started':
      return `${event.action} started`;
    case 'performing':
      return `${event.step}: ${event.title}`;
    case 'waiting':
      return `${event.step}: waiting: ${event.waitingFor}`;
    case 'finished':
      return ended(event.outcome);
  }
};

/** What a registration said last, so that a reason to wait that is reported again, at another time, is one line. */
function changes(): (event: ExecuteEvent) => boolean {
  const last = new Map<string, string>();
  return (event) => {
    const now = `${event.type} ${template(said(event), '')}`;
    if (last.get(event.id) === now) return false;
    if (event.type === 'finished') last.delete(event.id);
    else last.set(event.id, now);
    return true;
  };
}

/**
 * One line for what is waited for and one for what finished, with its number out of `total`: `hub/member: step: …`. With `steps`
 * one for every change of state.
 */
export function linesProgress(
  { total, steps }: { readonly total: number; readonly steps: boolean },
  write: (text: string) => void,
): Progress {
  const isChange = changes();
  let finished = 0;
  return {
    event(event) {
      if (!steps && (event.type === 'started' || event.type === 'performing')) return;
      if (!isChange(event)) return;
      if (event.type === 'finished') finished += 1;
      const count = event.type === 'finished' ? ` (${finished}/${total})` : '';
      write(`${plain(`${event.id}: ${said(event)}${count}`)}\n`);
    },
    close: () => Promise.resolve(),
  };
}

/** The same changes as one JSON document per line, fields as in the model, keys sorted. */
export function ndjsonProgress(write: (text: string) => void): Progress {
  const isChange = changes();
  return {
    event(event) {
      if (isChange(event)) write(`${compactJson(event)}\n`);
    },
    close: () => Promise.resolve(),
  };
}
