import { createAuthority } from '../../src/sandbox/server/authority.ts';
import { authorize } from '../../src/sandbox/server/rbac.ts';
import { ApiServer } from '../../src/sandbox/server/server.ts';
import { startControlPlanes } from '../control-plane/harness.ts';
import { Api, eventually } from './api.ts';
import { widgetDefinition, widgetsPath, widget } from './widgets.ts';
import { certificateRequest } from './certificate-request.ts';

const chance = { now: () => Date.now(), random: () => Math.random() };
const authority = await createAuthority(chance);
const server = new ApiServer({ chance, authorize, authority, delays: { namespace: 50, controllers: 0 } });
const fake = new Api(server.asUser({ name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }));
const planes = await startControlPlanes(['probe']);
const real = new Api(planes.planes[0]!.connect());
const scrub = (v: any): any => {
  if (Array.isArray(v)) return v.map(scrub);
  if (v && typeof v === 'object') return Object.fromEntries(Object.entries(v).filter(([k]) => !['uid','resourceVersion','creationTimestamp','time','lastTransitionTime','lastUpdateTime','deletionTimestamp','continue','token','expirationTimestamp'].includes(k)).sort(([a],[b])=>a<b?-1:1).map(([k, x]) => [k, scrub(x)]));
  if (typeof v === 'string') return v.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID').replace(/gen-[a-z0-9]{5}/g,'gen-X');
  return v;
};
let n = 0, same = 0;
async function both(label: string, run: (api: Api) => Promise<{ status: number; body: any; text: string; headers: any }>) {
  const [a, b] = await Promise.all([real, fake].map(run));
  const show = (x: any) => JSON.stringify({ status: x.status, body: x.body.kind === 'text' ? x.text : scrub(x.body), warning: x.headers.warning });
  n++;
  if (show(a) === show(b)) { same++; return; }
  console.log(`\n## ${label}\nreal ${show(a).slice(0, 1500)}\nfake ${show(b).slice(0, 1500)}`);
}
try {
  for (const api of [real, fake]) {
    await api.post('/api/v1/namespaces', { metadata: { name: 'p' } });
    await api.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', widgetDefinition);
    await eventually(() => api.get(widgetsPath), (x) => x.status === 200);
  }
  const cm = '/api/v1/namespaces/p/configmaps';
  const sec = '/api/v1/namespaces/p/secrets';
  const dep = '/apis/apps/v1/namespaces/p/deployments';
  const csr = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const { probes } = await import('./probes.tmp.ts');
  await probes({ both, cm, sec, dep, csr, rbac, widget, widgetsPath, certificateRequest, definition: widgetDefinition });
} finally {
  console.log(`${same} of ${n} the same`);
  await real.raw.close();
  await planes.stop();
  server.close();
}
