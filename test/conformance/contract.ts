import { afterAll, beforeAll, describe } from 'vitest';
import type { RawCluster } from '../../src/model/cluster.ts';
import { Api, eventually } from './api.ts';
import { applying } from './contract-apply.ts';
import { deleting } from './contract-delete.ts';
import { kinds } from './contract-kinds.ts';
import { lifecycles } from './contract-lifecycles.ts';
import { reading } from './contract-read.ts';
import { watching } from './contract-watch.ts';
import { writing } from './contract-write.ts';
import { widgetDefinition, widgetsPath } from './widgets.ts';

/** What every part of the contract gets. */
export interface Subject {
  /** The cluster as its administrator. */
  api(): Api;
  /** A namespace of this run, for the parts to fill; each uses names of its own. */
  readonly namespace: string;
}

/**
 * What rollcall relies on in a Kubernetes API server. The same tests run on the sandbox and on real control planes.
 * @param connect to a cluster with the built-in controllers, as a member of system:masters
 */
export function contract(name: string, connect: () => Promise<{ admin: RawCluster; close(): Promise<void> }>): void {
  describe(name, () => {
    let connected: Awaited<ReturnType<typeof connect>> | undefined;
    let api: Api | undefined;
    const subject: Subject = {
      api() {
        if (!api) throw new Error('not connected');
        return api;
      },
      namespace: 'contract',
    };
    beforeAll(async () => {
      connected = await connect();
      api = new Api(connected.admin);
      const use = api;
      await use.post('/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: subject.namespace },
      });
      await use.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', widgetDefinition);
      await eventually(
        () => use.get(widgetsPath),
        ({ status }) => status === 200,
      );
    }, 60_000);
    afterAll(async () => {
      await connected?.close();
    }, 60_000);
    describe('reading', () => reading(subject));
    describe('writing', () => writing(subject));
    describe('server-side apply', () => applying(subject));
    describe('watching', () => watching(subject));
    describe('deleting', () => deleting(subject));
    describe('kinds with rules of their own', () => kinds(subject));
    describe('built-in controllers', () => lifecycles(subject));
  });
}
