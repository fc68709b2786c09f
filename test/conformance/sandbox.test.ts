import { createAuthority } from '../../src/sandbox/server/authority.ts';
import { authorize } from '../../src/sandbox/server/rbac.ts';
import { ApiServer } from '../../src/sandbox/server/server.ts';
import { contract } from './contract.ts';

contract('the API server of the sandbox', async () => {
  const chance = { now: () => Date.now(), random: () => Math.random() };
  const authority = await createAuthority(chance);
  const server = new ApiServer({ chance, authorize, authority, delays: { namespace: 50, controllers: 0 } });
  const admin = server.asUser({ name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] });
  return {
    admin,
    async close() {
      await admin.close();
      server.close();
    },
  };
});
