import { loadX509 } from '../../src/kube/x509.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface Pair {
  /** PEM */
  readonly cert: string;
  /** PEM */
  readonly key: string;
}

export interface TestAuthority {
  /** PEM */
  readonly ca: string;
  server(names: readonly string[]): Promise<Pair>;
  client(subject: string, validity?: { notBefore: Date; notAfter: Date }): Promise<Pair>;
}

const inForce = () => ({ notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000) });

async function keyPair() {
  return await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function pemOfKey(key: Awaited<ReturnType<typeof keyPair>>['privateKey']): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}

/** A certificate authority of one test. */
export async function testAuthority(name = 'CN=test-ca'): Promise<TestAuthority> {
  const x509 = await loadX509();
  const keys = await keyPair();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    ...inForce(),
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  let serial = 1;
  const issue = async (
    subject: string,
    extensions: InstanceType<typeof x509.Extension>[],
    validity = inForce(),
  ): Promise<Pair> => {
    const own = await keyPair();
    serial += 1;
    const cert = await x509.X509CertificateGenerator.create({
      serialNumber: serial.toString(16).padStart(4, '0'),
      subject,
      issuer: root.subject,
      ...validity,
      signingKey: keys.privateKey,
      publicKey: own.publicKey,
      signingAlgorithm: algorithm,
      extensions,
    });
    return { cert: cert.toString('pem'), key: await pemOfKey(own.privateKey) };
  };
  return {
    ca: root.toString('pem'),
    server: (names) => {
      const alternatives = names.map((value) => ({
        type: /^[\d.]+$/.test(value) ? ('ip' as const) : ('dns' as const),
        value,
      }));
      return issue('CN=server', [new x509.SubjectAlternativeNameExtension(alternatives)]);
    },
    client: (subject, validity) => issue(subject, [], validity),
  };
}

/** @returns PEM of a PKCS#10 request */
export async function signingRequest(subject: string, alternativeNames: readonly string[] = []): Promise<string> {
  const x509 = await loadX509();
  const names = alternativeNames.map((value) => ({ type: 'dns' as const, value }));
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys: await keyPair(),
    signingAlgorithm: algorithm,
    ...(names.length > 0 && { extensions: [new x509.SubjectAlternativeNameExtension(names)] }),
  });
  return request.toString('pem');
}
