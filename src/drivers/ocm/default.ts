import { ocmDriver } from './driver.ts';

/** Registration agent and work agent as two Deployments on the member; the agent chooses a random identity at each start. */
export const ocmDefault = ocmDriver('ocm-default', { deploy: 'Default' });
