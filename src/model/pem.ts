/**
 * Finds blocks in PEM text in one pass, however often a block begins and does not end.
 * @param label a block's type, as in `CERTIFICATE`; the same block may begin and end under different ones
 * @returns each from its first BEGIN to the next END, both included; [] when there is none
 */
export function pemBlocks(text: string, ...label: readonly string[]): readonly string[] {
  const blocks: string[] = [];
  let from: number | undefined;
  for (const mark of text.matchAll(new RegExp(`-----(BEGIN|END) (?:${label.join('|')})-----`, 'g'))) {
    if (mark[1] === 'BEGIN') from ??= mark.index;
    else if (from !== undefined) {
      blocks.push(text.slice(from, mark.index + mark[0].length));
      from = undefined;
    }
  }
  return blocks;
}
