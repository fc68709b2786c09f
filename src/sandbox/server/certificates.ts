import { createPrivateKey, type KeyObject, webcrypto } from 'node:crypto';
import type { Extension, JsonName, Name, Pkcs10CertificateRequest } from '@peculiar/x509';
import type { Chance } from './types.ts';
import { loadX509 } from './x509.ts';

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Subject of a client certificate: who a request comes from. */
export interface Subject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** Why a certificate request is not signed; the signer writes it into the request's `Failed` condition. */
class SigningError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SigningError';
  }
}

/** One certificate authority: an ECDSA P-256 key and its self-signed certificate. */
export interface CertificateAuthority {
  /** PEM */
  readonly certificate: string;
  /** The private key, for signing other things in the cluster's name (ServiceAccount tokens). */
  readonly key: KeyObject;
  /** A serving certificate for 127.0.0.1 and localhost, valid for a year. */
  serving(): Promise<KeyPair>;
  /** A client certificate with a new key, valid for a year. */
  client(subject: Subject): Promise<KeyPair>;
  /**
   * Signs a PKCS#10 request (PEM) as kube-controller-manager does for `kubernetes.io/kube-apiserver-client`: the subject's
   * values are kept, 10 minutes ≤ lifetime ≤ 1 year, never beyond the authority's own.
   * @returns PEM
   * @throws SigningError when usages or signature do not qualify
   */
  sign(
    request: string,
    options: { readonly expirationSeconds: number; readonly usages: readonly string[] },
  ): Promise<string>;
}

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;
const day = 86_400_000;
const backdate = 5 * 60_000;
const subjectAltName = '2.5.29.17';

const generateKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);

async function privatePem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();
}

/** Sixteen hex digits, the first bit clear: DER would read it as a negative number. */
const serialNumber = (chance: Chance): string =>
  `4${Array.from({ length: 15 }, () => Math.floor(chance.random() * 16).toString(16)).join('')}`;

/** Attributes that a subject keeps, in the order in which a signer in Go writes them. */
const subjectFields = ['C', 'O', 'OU', 'L', 'ST', 'CN'] as const;

/** A subject as the real signer writes it again: all values of one attribute become one multi-valued RDN (`O=a + O=b`). */
const regrouped = (name: Name): JsonName =>
  subjectFields
    .map((field) => ({ [field]: name.getField(field) }))
    .filter((rdn) => Object.values(rdn).flat().length > 0);

function checkUsages(usages: readonly string[]): void {
  const allowed = ['digital signature', 'key encipherment', 'client auth'];
  const odd = usages.find((usage) => !allowed.includes(usage));
  if (odd !== undefined) throw new SigningError(`invalid usage for client certificate: ${odd}`);
  if (!usages.includes('client auth'))
    throw new SigningError('missing required usage for client certificate: client auth');
}

/**
 * Makes a new certificate authority.
 * @param chance clock of the validity periods and source of serial numbers; keys are always truly random
 */
export async function createCertificateAuthority(chance: Chance): Promise<CertificateAuthority> {
  const x509 = await loadX509();
  const { keyCertSign, cRLSign, digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
  const keys = await generateKeys();
  const expires = chance.now() + 3650 * day;
  const self = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(chance),
    name: [{ CN: [`sandbox-ca-${serialNumber(chance)}`] }],
    notBefore: new Date(chance.now() - backdate),
    notAfter: new Date(expires),
    keys,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign | digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const common = [
    new x509.KeyUsagesExtension(digitalSignature | keyEncipherment, true),
    new x509.BasicConstraintsExtension(false, undefined, true),
    await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
  ];
  const serverAuth = new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]);
  const clientAuth = new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]);

  interface Leaf {
    readonly subject: NonNullable<Parameters<typeof x509.X509CertificateGenerator.create>[0]['subject']>;
    readonly publicKey: webcrypto.CryptoKey | Pkcs10CertificateRequest['publicKey'];
    readonly seconds: number;
    readonly purpose: Extension;
    readonly extensions: readonly Extension[];
  }
  const issue = async (leaf: Leaf): Promise<string> => {
    const notBefore = chance.now() - backdate;
    // A short-lived certificate gets its whole lifetime from now; a long one loses the five minutes it was backdated by.
    const notAfter = (leaf.seconds < 8 * 3600 ? chance.now() : notBefore) + leaf.seconds * 1000;
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(chance),
      subject: leaf.subject,
      issuer: self.subjectName,
      notBefore: new Date(notBefore),
      notAfter: new Date(Math.min(notAfter, expires)),
      publicKey: leaf.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm,
      extensions: [...common, leaf.purpose, ...leaf.extensions],
    });
    return `${certificate.toString('pem')}\n`;
  };

  return {
    certificate: `${self.toString('pem')}\n`,
    key: createPrivateKey(await privatePem(keys)),

    async serving() {
      const own = await generateKeys();
      const names = new x509.SubjectAlternativeNameExtension([
        { type: 'ip', value: '127.0.0.1' },
        { type: 'dns', value: 'localhost' },
      ]);
      const subject = [{ CN: ['kube-apiserver'] }];
      const leaf = {
        subject,
        publicKey: own.publicKey,
        seconds: 365 * 86_400,
        purpose: serverAuth,
        extensions: [names],
      };
      return { certificate: await issue(leaf), key: await privatePem(own) };
    },

    async client(subject) {
      const own = await generateKeys();
      const name = [{ O: [...subject.organizations] }, { CN: [subject.commonName] }];
      const leaf = {
        subject: name,
        publicKey: own.publicKey,
        seconds: 365 * 86_400,
        purpose: clientAuth,
        extensions: [],
      };
      return { certificate: await issue(leaf), key: await privatePem(own) };
    },

    async sign(request, options) {
      checkUsages(options.usages);
      const csr = new x509.Pkcs10CertificateRequest(request);
      if (!(await csr.verify())) throw new SigningError('unable to verify certificate request signature');
      return issue({
        subject: regrouped(csr.subjectName),
        publicKey: csr.publicKey,
        seconds: Math.min(Math.max(options.expirationSeconds, 600), 365 * 86_400),
        purpose: clientAuth,
        extensions: csr.extensions.filter((extension) => extension.type === subjectAltName),
      });
    },
  };
}
