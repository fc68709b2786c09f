import type { KubeObject } from '../../../model/cluster.ts';
import type { Core } from '../core.ts';
import { remove } from '../remove.ts';
import { replace } from '../write.ts';
import { type Controller, controllerWriter } from './queue.ts';

const tokenType = 'kubernetes.io/service-account-token';
const accountName = 'kubernetes.io/service-account.name';
const accountUid = 'kubernetes.io/service-account.uid';

const encoded = (text: string) => Buffer.from(text).toString('base64');

/** Fills Secrets of the token type with a token of their ServiceAccount, and deletes them when it is gone. */
export function tokenSecrets(core: Core): Controller {
  const fill = async (secret: KubeObject, account: KubeObject) => {
    const { namespace = '', name } = account.metadata;
    const uid = account.metadata.uid ?? '';
    const data = secret['data'] as Readonly<Record<string, string>> | undefined;
    const { annotations } = secret.metadata;
    if (data?.['token'] && data['ca.crt'] && data['namespace'] && annotations?.[accountUid] === uid) return;
    const { token } = await core.authority.token({ namespace, name, uid }, {});
    const live = core.store.get('', 'secrets', namespace, secret.metadata.name);
    const type = core.registry.find('v1', 'secrets');
    if (!type || !live || live.metadata.uid !== secret.metadata.uid) return;
    const filled = {
      ...live,
      metadata: { ...live.metadata, annotations: { ...live.metadata.annotations, [accountUid]: uid } },
      data: { 'ca.crt': encoded(core.authority.ca), namespace: encoded(namespace), token: encoded(token) },
    };
    replace(core, type, live, filled, controllerWriter);
  };
  return {
    *concerns({ group, resource, type, entry: { object } }) {
      const { namespace, name } = object.metadata;
      if (group !== '') return;
      if (resource === 'secrets' && type !== 'DELETED' && object['type'] === tokenType) yield `${namespace}/${name}`;
      if (resource !== 'serviceaccounts' || type === 'MODIFIED') return;
      for (const secret of core.store.list('', 'secrets', namespace)) {
        if (secret.metadata.annotations?.[accountName] === name) yield `${namespace}/${secret.metadata.name}`;
      }
    },
    async reconcile(key) {
      const [namespace = '', name = ''] = key.split('/');
      const secret = core.store.get('', 'secrets', namespace, name);
      if (!secret || secret['type'] !== tokenType || secret.metadata.deletionTimestamp) return;
      const wanted = secret.metadata.annotations ?? {};
      const account = core.store.get('', 'serviceaccounts', namespace, wanted[accountName] ?? '');
      const other = wanted[accountUid] !== undefined && wanted[accountUid] !== account?.metadata.uid;
      const type = core.registry.find('v1', 'secrets');
      if (account && !other) await fill(secret, account);
      else if (type) remove(core, type, secret, controllerWriter, {});
    },
  };
}
