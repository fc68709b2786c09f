import { afterEach, beforeAll } from 'vitest';
import { fixedCredentials } from '../../src/kube/credentials.ts';
import { SecureContexts } from '../../src/kube/secure-contexts.ts';
import { connectRaw, type Target, type Transport, type TransportOptions } from '../../src/kube/transport.ts';
import { type Pair, type TestAuthority, testAuthority } from './authority.ts';
import { connectProxy, type Handler, serve, serveHttp1, type TestServer } from './servers.ts';

/** Servers and transports of one test file; what a test opens is closed after it. */
export interface Bed {
  readonly authority: TestAuthority;
  /** For 127.0.0.1 and api.test. */
  readonly pair: Pair;
  /** Closed after the test, the last one first. */
  readonly closing: (() => Promise<void>)[];
  serving(handler: Handler, options?: { pair?: Pair; clientCa?: string; maxStreams?: number }): Promise<TestServer>;
  servingHttp1(handler: Parameters<typeof serveHttp1>[1]): Promise<TestServer>;
  proxying(options?: { status?: number; pair?: Pair }): ReturnType<typeof connectProxy>;
  /** Trusts the bed's authority and shows no credential, unless told otherwise. */
  connecting(url: string, target?: Partial<Target>, options?: Partial<TransportOptions>): Transport;
}

export function makeBed(): Bed {
  let made: { authority: TestAuthority; pair: Pair } | undefined;
  const contexts = new SecureContexts();
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    const authority = await testAuthority();
    made = { authority, pair: await authority.server(['127.0.0.1', 'api.test']) };
  });
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });
  const ready = () => {
    if (made === undefined) throw new Error('the bed is made before the first test');
    return made;
  };
  return {
    get authority() {
      return ready().authority;
    },
    get pair() {
      return ready().pair;
    },
    closing,
    async serving(handler, { pair = ready().pair, ...options } = {}) {
      const server = await serve(pair, handler, options);
      closing.push(server.close);
      return server;
    },
    async servingHttp1(handler) {
      const server = await serveHttp1(ready().pair, handler);
      closing.push(server.close);
      return server;
    },
    async proxying(options) {
      const proxy = await connectProxy(options);
      closing.push(proxy.close);
      return proxy;
    },
    connecting(url, target = {}, options = {}) {
      const all = {
        server: new URL(url),
        ca: ready().authority.ca,
        insecure: false,
        credentials: fixedCredentials({}),
        ...target,
      };
      const raw = connectRaw(all, { contexts, now: () => Date.now(), ...options });
      closing.push(() => raw.close());
      return raw;
    },
  };
}
