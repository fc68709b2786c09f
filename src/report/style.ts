import { styleText } from 'node:util';

/** How text is laid out. `width` is in columns; `color` writes ANSI colours. */
export interface Style {
  readonly color: boolean;
  readonly width: number;
}

/** What a piece of text means to its reader; {@link paint} turns it into a colour. */
export type Tone = 'heading' | 'danger' | 'warning' | 'good' | 'change' | 'faint';

const formats = {
  heading: 'bold',
  danger: ['bold', 'red'],
  warning: 'yellow',
  good: 'green',
  change: 'cyan',
  faint: 'dim',
} as const satisfies Record<Tone, Parameters<typeof styleText>[0]>;

/** @returns `text` in the colour of `tone`, or unchanged where the style has no colours or the text is empty */
export const paint = (text: string, tone: Tone | undefined, style: Style): string =>
  !style.color || tone === undefined || text === ''
    ? text
    : // The caller decided about colours already; node's own look at the environment must not overrule it.
      styleText(formats[tone], text, { validateStream: false });
