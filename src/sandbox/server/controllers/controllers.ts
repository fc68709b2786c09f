import type { Core } from '../core.ts';
import type { Delays } from '../types.ts';
import { accounts } from './accounts.ts';
import { aggregation } from './aggregation.ts';
import { definitions } from './definitions.ts';
import { garbage } from './garbage.ts';
import { namespaces } from './namespaces.ts';
import { Queue } from './queue.ts';
import { signing } from './signing.ts';
import { tokenSecrets } from './token-secrets.ts';

export interface Controllers {
  settled(): Promise<void>;
  stop(): void;
}

/** Starts what kube-controller-manager and the API server's own controllers do in a bare control plane. */
export function startControllers(core: Core, delays: Delays): Controllers {
  const queue = new Queue(core, delays.controllers);
  queue.attach('definitions', definitions(core));
  queue.attach('accounts', accounts(core));
  queue.attach('token-secrets', tokenSecrets(core));
  queue.attach('signing', signing(core));
  queue.attach('aggregation', aggregation(core));
  queue.attach('garbage', garbage(core));
  queue.attach('namespaces', namespaces(core, delays.namespace));
  return queue;
}
