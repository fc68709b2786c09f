import { afterAll, beforeAll, expect } from 'vitest';
import { authenticator } from '../../src/sandbox/server/authentication.ts';
import { administrator, createAuthority } from '../../src/sandbox/server/authority.ts';
import { listen } from '../../src/sandbox/server/listener.ts';
import { authorize, escalation } from '../../src/sandbox/server/rbac.ts';
import { ApiServer } from '../../src/sandbox/server/server.ts';
import { kubeconfig } from '../control-plane/credentials.ts';
import { startControlPlanes } from '../control-plane/harness.ts';
import { onRealControlPlanes } from '../control-plane/required.ts';
import { clientRequest, configMap, kubeconfigWithToken, thing, things } from './kubectl.objects.ts';
import { Kubectl } from './kubectl.program.ts';

/** A server that kubectl is tried on. */
interface Target {
  readonly server: string;
  readonly ca: string;
  /** Of an administrator. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

async function realServer(): Promise<Target> {
  const { planes, stop } = await startControlPlanes(['kubectl']);
  const [plane] = planes;
  if (!plane) throw new Error('one was asked for');
  return { server: plane.server, ca: plane.ca, kubeconfig: plane.kubeconfig, stop };
}

async function sandboxServer(): Promise<Target> {
  const chance = { now: () => Date.now(), random: () => Math.random() };
  const authority = await createAuthority(chance);
  const server = new ApiServer({
    chance,
    authority,
    authorize,
    escalation,
    delays: { namespace: 100, controllers: 0 },
  });
  const authenticate = authenticator(authority, server.stored);
  const listener = await listen({ server, authenticate, serving: await authority.serving(), ca: authority.ca });
  return {
    server: listener.url,
    ca: authority.ca,
    kubeconfig: kubeconfig('sandbox', listener.url, authority.ca, await authority.client(administrator)),
    async stop() {
      await listener.close();
      server.close();
    },
  };
}

/** What kubectl is expected to do, the same on every server. */
function kubectlWorks(name: string, start: () => Promise<Target>): void {
  onRealControlPlanes(`kubectl on ${name}`, ({ assets, test }) => {
    let target: Target | undefined;
    let kubectl: Kubectl;
    beforeAll(async () => {
      target = await start();
      kubectl = new Kubectl(assets, target.kubeconfig);
      await kubectl.ok(['create', 'namespace', 'try']);
    }, 60_000);
    afterAll(async () => {
      kubectl?.remove();
      await target?.stop();
    }, 20_000);

    test('finds the kinds that registrations are made of', async () => {
      const names = (await kubectl.ok(['api-resources', '-o', 'name', '--no-headers']))
        .split('\n')
        .map((line) => line.trim());
      expect(names).toEqual(
        expect.arrayContaining([
          'configmaps',
          'namespaces',
          'secrets',
          'serviceaccounts',
          'deployments.apps',
          'leases.coordination.k8s.io',
          'certificatesigningrequests.certificates.k8s.io',
          'clusterroles.rbac.authorization.k8s.io',
          'customresourcedefinitions.apiextensions.k8s.io',
        ]),
      );
      expect(await kubectl.ok(['version', '-o', 'json'])).toContain('"gitVersion": "v1.36.2"');
    });

    test('creates, reads, labels, selects and deletes', async () => {
      expect(await kubectl.ok(['create', '-f', '-'], configMap('a', { x: '1' }))).toBe('configmap/a created');
      expect(await kubectl.fails(['create', '-f', '-'], configMap('a', {}))).toContain('(AlreadyExists)');
      expect(await kubectl.ok(['-n', 'try', 'label', 'cm', 'a', 'team=red'])).toBe('configmap/a labeled');
      expect(await kubectl.ok(['-n', 'try', 'get', 'cm', '-l', 'team in (red)', '-o', 'name'])).toBe('configmap/a');
      expect(await kubectl.ok(['-n', 'try', 'get', 'cm', '-l', '!team', '-o', 'name'])).not.toContain('configmap/a');
      expect(await kubectl.ok(['-n', 'try', 'get', 'cm', '--field-selector', 'metadata.name=a', '-o', 'name'])).toBe(
        'configmap/a',
      );
      expect(await kubectl.ok(['-n', 'try', 'get', 'cm', 'a'])).toMatch(/^NAME .*AGE\na .*s$/);
      expect(await kubectl.ok(['-n', 'try', 'delete', 'cm', 'a'])).toContain('configmap "a" deleted');
      expect(await kubectl.fails(['-n', 'try', 'get', 'cm', 'a'])).toBe(
        'Error from server (NotFound): configmaps "a" not found',
      );
      expect(await kubectl.fails(['get', 'unknowns'])).toContain('the server doesn\'t have a resource type "unknowns"');
    });

    test('patches in three ways', async () => {
      await kubectl.ok(['create', '-f', '-'], configMap('p', { x: '1', y: '2' }));
      const patch = (type: string, body: string): Promise<string> =>
        kubectl.ok(['-n', 'try', 'patch', 'cm', 'p', '--type', type, '-p', body, '-o', 'jsonpath={.data}']);
      expect(await patch('merge', '{"data":{"x":"3","y":null}}')).toBe('{"x":"3"}');
      expect(await patch('strategic', '{"data":{"z":"4"}}')).toBe('{"x":"3","z":"4"}');
      expect(await patch('json', '[{"op":"remove","path":"/data/x"}]')).toBe('{"z":"4"}');
    });

    test('applies from the client, again, and changed', async () => {
      expect(await kubectl.ok(['apply', '-f', '-'], configMap('c', { x: '1', y: '1' }))).toBe('configmap/c created');
      expect(await kubectl.ok(['apply', '-f', '-'], configMap('c', { x: '1', y: '1' }))).toBe('configmap/c unchanged');
      expect(await kubectl.ok(['apply', '-f', '-'], configMap('c', { x: '2' }))).toBe('configmap/c configured');
      expect(await kubectl.ok(['-n', 'try', 'get', 'cm', 'c', '-o', 'jsonpath={.data}'])).toBe('{"x":"2"}');
    });

    test('applies custom resources on the server, with owners', async () => {
      expect(await kubectl.ok(['apply', '--server-side', '-f', '-'], things)).toContain('serverside-applied');
      await expect
        .poll(() => kubectl.run(['wait', '--for=condition=Established', 'crd/things.try.rollcall.dev']))
        .toMatchObject({ code: 0 });
      await expect.poll(() => kubectl.run(['get', 'things'])).toMatchObject({ code: 0 });
      const apply = (manager: string): string[] => ['apply', '--server-side', '--field-manager', manager, '-f', '-'];
      const applied = (manager: string, spec: Record<string, unknown>) => kubectl.run(apply(manager), thing(spec));
      expect(await applied('one', { size: 1 })).toMatchObject({
        code: 0,
        out: 'thing.try.rollcall.dev/a serverside-applied',
      });
      const refused = await applied('two', { size: 2 });
      expect(refused.err).toContain('Apply failed with 1 conflict: conflict with "one": .spec.size');
      expect((await applied('two', { colour: 'red', nothing: 1 })).err).toContain(
        '.spec.nothing: field not declared in schema',
      );
      expect(await kubectl.ok([...apply('two'), '--force-conflicts'], thing({ size: 2 }))).toContain(
        'serverside-applied',
      );
      expect(await kubectl.ok(['get', 'thing', 'a', '-o', 'jsonpath={.spec}'])).toBe('{"colour":"blue","size":2}');
      expect(await kubectl.fails(['patch', 'thing', 'a', '--type=merge', '-p', '{"spec":{"size":"x"}}'])).toContain(
        'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
      );
    });

    test('waits for a field and for an end', async () => {
      await kubectl.ok(['create', '-f', '-'], configMap('w', { x: '1' }));
      const waiting = kubectl.ok(['-n', 'try', 'wait', 'cm/w', '--for=jsonpath={.data.x}=2', '--timeout=20s']);
      await kubectl.ok(['-n', 'try', 'patch', 'cm', 'w', '--type=merge', '-p', '{"data":{"x":"2"}}']);
      expect(await waiting).toBe('configmap/w condition met');
      const ending = kubectl.ok(['-n', 'try', 'wait', 'cm/w', '--for=delete', '--timeout=20s']);
      await kubectl.ok(['-n', 'try', 'delete', 'cm', 'w']);
      await ending;
    });

    test('a stale replace conflicts', async () => {
      const stored = JSON.parse(await kubectl.ok(['create', '-f', '-', '-o', 'json'], configMap('s', { x: '1' })));
      await kubectl.ok(['-n', 'try', 'annotate', 'cm', 's', 'a=b']);
      expect(await kubectl.fails(['replace', '-f', '-'], stored)).toContain('the object has been modified');
    });

    test('makes tokens that may do what is bound to them', async () => {
      expect(await kubectl.ok(['auth', 'can-i', 'delete', 'nodes'])).toBe('yes');
      await kubectl.ok(['-n', 'try', 'create', 'serviceaccount', 'agent']);
      const token = await kubectl.ok(['-n', 'try', 'create', 'token', 'agent', '--duration=1h']);
      const { server = '', ca = '' } = target ?? {};
      const agent = new Kubectl(assets, kubeconfigWithToken(server, ca, token));
      try {
        expect(await agent.run(['-n', 'try', 'auth', 'can-i', 'get', 'configmaps'])).toMatchObject({
          code: 1,
          out: 'no',
        });
        expect(await agent.fails(['-n', 'try', 'get', 'configmaps'])).toBe(
          'Error from server (Forbidden): configmaps is forbidden: User "system:serviceaccount:try:agent" cannot list resource "configmaps" in API group "" in the namespace "try"',
        );
        await kubectl.ok(['-n', 'try', 'create', 'role', 'reader', '--verb=get,list', '--resource=configmaps']);
        await kubectl.ok([
          '-n',
          'try',
          'create',
          'rolebinding',
          'reader',
          '--role=reader',
          '--serviceaccount=try:agent',
        ]);
        await expect
          .poll(() => agent.run(['-n', 'try', 'auth', 'can-i', 'get', 'configmaps']))
          .toMatchObject({ out: 'yes' });
        await agent.ok(['-n', 'try', 'get', 'configmaps']);
        expect(await agent.ok(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'])).toBe(
          'system:serviceaccount:try:agent',
        );
        expect(await agent.fails(['-n', 'try', 'delete', 'cm', '--all'])).toContain('(Forbidden)');
      } finally {
        agent.remove();
      }
    });

    test('has certificates signed once they are approved', async () => {
      await kubectl.ok(['create', '-f', '-'], await clientRequest('someone'));
      expect(await kubectl.ok(['get', 'csr', 'someone', '-o', 'jsonpath={.spec.username}'])).not.toBe('');
      expect(await kubectl.ok(['certificate', 'approve', 'someone'])).toContain('someone approved');
      await kubectl.ok(['wait', 'csr/someone', '--for=jsonpath={.status.certificate}', '--timeout=20s']);
      const conditions = await kubectl.ok(['get', 'csr', 'someone', '-o', 'jsonpath={.status.conditions[*].type}']);
      expect(conditions).toBe('Approved');
    });

    test('a namespace goes with what is in it', async () => {
      await kubectl.ok(['create', 'namespace', 'gone']);
      await kubectl.ok(['-n', 'gone', 'create', 'configmap', 'c', '--from-literal=a=b']);
      expect(await kubectl.ok(['delete', 'namespace', 'gone'])).toContain('namespace "gone" deleted');
      expect(await kubectl.fails(['get', 'namespace', 'gone'])).toContain('(NotFound)');
    }, 30_000);
  });
}

kubectlWorks('a real API server', realServer);
kubectlWorks('the sandbox', sandboxServer);
