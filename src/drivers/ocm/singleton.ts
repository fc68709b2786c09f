import { ocmDriver } from './driver.ts';

/** Both agents as one Deployment on the member; the agent's identity is the Klusterlet's UID. */
export const ocmSingleton = ocmDriver('ocm-singleton', { deploy: 'Singleton' });
