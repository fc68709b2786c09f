import { startControlPlanes } from '../control-plane/harness.ts';
import { onRealControlPlanes } from '../control-plane/required.ts';
import { contract } from './contract.ts';

onRealControlPlanes('a real control plane', () => {
  contract('kube-apiserver', async () => {
    const planes = await startControlPlanes(['contract']);
    const [plane] = planes.planes;
    if (!plane) throw new Error('no control plane was started');
    const admin = plane.connect();
    return {
      admin,
      async close() {
        await admin.close();
        await planes.stop();
      },
    };
  });
});
