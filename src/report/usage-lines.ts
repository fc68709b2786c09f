import type { ClusterUsage } from '../model/cluster.ts';
import { type Line, render, table } from './layout.ts';
import type { Style } from './style.ts';
import { grouped } from './template.ts';
import { someNames } from './words.ts';

interface Cluster {
  readonly name: string;
  readonly usage: ClusterUsage;
}

/** @returns what several connections cost together */
const sumOf = (usages: readonly ClusterUsage[]): ClusterUsage => {
  const requests: Record<string, number> = {};
  for (const [kind, count] of usages.flatMap((usage) => Object.entries(usage.requests)))
    requests[kind] = (requests[kind] ?? 0) + count;
  return { connections: usages.reduce((count, { connections }) => count + connections, 0), requests };
};

/** A cluster that was opened more than once has one line all the same. */
const byName = (opened: readonly Cluster[]): readonly Cluster[] =>
  grouped(opened, ({ name }) => name).map((same) => ({
    name: same[0].name,
    usage: sumOf(same.map(({ usage }) => usage)),
  }));

const total = ({ requests }: ClusterUsage): number => Object.values(requests).reduce((sum, count) => sum + count, 0);

/** More clusters than this are shown once per equal counts. */
const many = 20;

/**
 * Connections and requests by kind for every cluster, in the given order, and their sum. Clusters with equal counts share a line
 * where there are many. No clusters: ''.
 */
export function usageText(opened: readonly Cluster[], style: Style): string {
  const clusters = byName(opened);
  if (clusters.length === 0) return '';
  const kinds = [...new Set(clusters.flatMap(({ usage }) => Object.keys(usage.requests)))].toSorted();
  const cells = (usage: ClusterUsage): string[] =>
    [usage.connections, total(usage), ...kinds.map((kind) => usage.requests[kind] ?? 0)].map(String);
  const groups = grouped(clusters, ({ name, usage }) => (clusters.length > many ? cells(usage).join(' ') : name));
  const sum = sumOf(clusters.map(({ usage }) => usage));
  const name = (names: readonly string[]): string =>
    names.length > 1 ? `${names.length}: ${someNames(names, 3)}` : (names[0] ?? '');
  const lines: Line[] = table(
    [
      ['CLUSTER', 'CONNECTIONS', 'REQUESTS', ...kinds],
      ...groups.map((group) => [name(group.map((cluster) => cluster.name)), ...cells(group[0].usage)]),
      ...(clusters.length > 1 ? [['total', ...cells(sum)]] : []),
    ],
    style,
    (row) => (row === 0 ? 'faint' : undefined),
  );
  return render(lines, style);
}
