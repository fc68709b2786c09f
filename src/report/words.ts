/** @returns `1 work`, `11 works` */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** Names as people can take them in: all up to `limit`, else the first ones and the last: `a, b, c … z`. */
export const someNames = (names: readonly string[], limit = 5): string =>
  names.length <= limit
    ? names.join(', ')
    : `${names.slice(0, Math.max(1, limit - 2)).join(', ')} … ${names.at(-1) ?? ''}`;

/** Text that is not to be broken across lines; {@link render} turns its spaces back. */
export const unbroken = (text: string): string => text.replaceAll(' ', '\u00a0');

/** The member's name in a registration id `hub/member`. */
export const memberOf = (id: string): string => id.slice(id.indexOf('/') + 1);

export const past = {
  join: 'joined',
  repair: 'repaired',
  adopt: 'adopted',
  unjoin: 'unjoined',
  none: 'in sync',
} as const;

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];

/** A span in its largest unit that fits: `12s`, `14m`, `8h`, `311d`. Negative spans read as `0s`. */
export function age(milliseconds: number): string {
  const span = Math.max(0, milliseconds);
  if (span < minute) return `${Math.floor(span / second)}s`;
  if (span < hour) return `${Math.floor(span / minute)}m`;
  return span < day ? `${Math.floor(span / hour)}h` : `${Math.floor(span / day)}d`;
}

/** How long something took: `0.4s`, `41s`, `6m27s`, `1h05m`. */
export function took(milliseconds: number): string {
  if (milliseconds < second) return `${(Math.max(0, milliseconds) / second).toFixed(1)}s`;
  const seconds = Math.floor(milliseconds / second);
  if (seconds < 60) return `${seconds}s`;
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m${two(seconds % 60)}s` : `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
}

/** RFC 3339 → `2026-11-20 22:14Z`; what is no time is given back. */
export function minuteOf(time: string): string {
  const at = Date.parse(time);
  return Number.isNaN(at) ? time : `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}
