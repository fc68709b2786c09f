import { createHash } from 'node:crypto';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { ClusterError } from '../model/errors.ts';

export interface TlsMaterial {
  /** PEM bundle; left out = the machine's roots. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/**
 * TLS contexts by content: building one costs more than a hash by two orders of magnitude, and clusters that share a CA
 * share its context. Only equal material shares one: pooling the CAs of several clusters would let one vouch for another.
 */
export class SecureContexts {
  readonly #byContent = new Map<string, SecureContext>();
  readonly #limit: number;
  #roots: string[] | undefined;

  /** @param limit how many are kept; each holds some 30 KiB outside the heap */
  constructor(limit = 64) {
    this.#limit = limit;
  }

  /** @throws ClusterError `tls` for a CA that cannot be read, `auth` for a client certificate or key that cannot */
  get(material: TlsMaterial): SecureContext {
    const hash = createHash('sha256');
    for (const part of [material.ca, material.cert, material.key]) hash.update(part ?? '').update('\0');
    const id = hash.digest('base64');
    const known = this.#byContent.get(id);
    if (known !== undefined) {
      this.#byContent.delete(id);
      this.#byContent.set(id, known);
      return known;
    }
    const made = this.#make(material);
    this.#byContent.set(id, made);
    const oldest = this.#byContent.keys().next();
    if (this.#byContent.size > this.#limit && !oldest.done) this.#byContent.delete(oldest.value);
    return made;
  }

  #make(material: TlsMaterial): SecureContext {
    const ca = material.ca ?? this.#machineRoots();
    if (material.cert === undefined) {
      return attempt('tls', 'the configured CA cannot be used', () => createSecureContext({ ca }));
    }
    const { cert, key } = material;
    return attempt('auth', 'the client certificate and key cannot be used together', () =>
      createSecureContext({ ca, cert, key }),
    );
  }

  #machineRoots(): string[] {
    this.#roots ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
    return this.#roots;
  }
}

function attempt<T>(kind: 'tls' | 'auth', message: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new ClusterError(kind, message, { cause });
  }
}
