import type { Problem } from '../model/problem.ts';
import { type DocNode, type SourceText, text } from './document.ts';

/** Top-level keys of Rancher Fleet's own fleet.yaml that no file of ours has. */
const rancherKeys = [
  'defaultNamespace',
  'namespace',
  'helm',
  'kustomize',
  'yaml',
  'diff',
  'targets',
  'targetCustomizations',
  'overrideTargets',
  'rolloutStrategy',
  'dependsOn',
  'keepResources',
  'correctDrift',
  'namespaceLabels',
  'namespaceAnnotations',
  'serviceAccount',
  'forceSyncGeneration',
  'imageScans',
  'doNotDeploy',
  'paused',
];

/** A file that is something else than a fleet of ours gets one line instead of a schema error for each of its keys. */
export function foreignFile(root: DocNode, source: SourceText): Problem | undefined {
  if (root.kind !== 'map') {
    const what = root.kind === 'list' ? 'a list' : 'plain text';
    return source.problem('not-a-fleet', {
      node: root,
      message: `the file is ${what}; a fleet is a map that begins with apiVersion and kind: Fleet`,
    });
  }
  const kind = text(root, 'kind');
  if (kind !== undefined && kind !== 'Fleet') {
    const message = `the file is of kind ${kind}; a fleet has apiVersion: rollcall.dev/v1alpha1 and kind: Fleet`;
    return source.problem('not-a-fleet', { node: root, key: 'kind', message });
  }
  const foreign = rancherKeys.find((key) => root.entries.has(key));
  if (root.entries.has('kind') || foreign === undefined) return undefined;
  const message = `this is a fleet.yaml of Rancher Fleet (it has ${foreign}), not of Rollcall, whose files have kind: Fleet; name yours with -f`;
  return source.problem('rancher-fleet', { node: root, key: foreign, message });
}
