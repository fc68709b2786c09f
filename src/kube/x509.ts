import type * as x509 from '@peculiar/x509';

/**
 * The X.509 library, loaded on demand. Its dependency injection refuses to load without a metadata polyfill, of which it uses nothing that we need.
 */
export async function loadX509(): Promise<typeof x509> {
  if (!('getMetadata' in Reflect)) {
    const nothing = () => undefined;
    Object.assign(Reflect, { getMetadata: nothing, getOwnMetadata: nothing, defineMetadata: nothing });
  }
  return await import('@peculiar/x509');
}
