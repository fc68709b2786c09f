import type { Driver } from '../model/driver.ts';
import type { Mode } from '../model/fleet.ts';
import { ocmDefault } from './ocm/default.ts';
import { ocmSingleton } from './ocm/singleton.ts';

/** Every mode and its driver. Leaving a mode out does not compile. */
export const drivers = {
  'ocm-default': ocmDefault,
  'ocm-singleton': ocmSingleton,
} as const satisfies { readonly [M in Mode]: Driver & { readonly mode: M } };
