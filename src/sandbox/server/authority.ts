import { X509Certificate } from 'node:crypto';
import { createCertificateAuthority, type KeyPair, type Subject } from './certificates.ts';
import { issueToken, tokenAuthenticator } from './tokens.ts';
import type { Authority, Chance, User } from './types.ts';

/** What a whole sandbox cluster needs of its authority, beside what the API server asks of it. */
export interface ClusterAuthority extends Authority {
  /** The serving certificate for 127.0.0.1 and localhost; made once, when first asked for. */
  serving(): Promise<KeyPair>;
  /** A client certificate: `{ commonName: 'kubernetes-admin', organizations: ['system:masters'] }` is the administrator. */
  client(subject: Subject): Promise<KeyPair>;
  /**
   * Whose client certificate it is: signed by this authority, in date, meant for clients. The common name is the user, the
   * organizations are the groups.
   */
  identify(certificate: X509Certificate): User | undefined;
}

/** The administrator of a cluster, as kubeadm names it. */
export const administrator: Subject = { commonName: 'kubernetes-admin', organizations: ['system:masters'] };

const clientAuth = '1.3.6.1.5.5.7.3.2';

/**
 * Makes the authority of one sandbox cluster: its own CA for serving, client and signed certificates, and ServiceAccount tokens.
 * @param chance clock of validity periods and expiry; source of serial numbers and token ids
 */
export async function createAuthority(chance: Chance): Promise<ClusterAuthority> {
  const certificates = await createCertificateAuthority(chance);
  const ca = new X509Certificate(certificates.certificate);
  const whose = tokenAuthenticator(certificates.key, chance);
  // A certificate comes with every request of its connection: its signature is verified once.
  const known = new WeakMap<X509Certificate, User | undefined>();
  let serving: Promise<KeyPair> | undefined;
  return {
    ca: certificates.certificate,
    sign: (request, options) => certificates.sign(request, options),
    token: async (account, options) => issueToken(certificates.key, chance, account, options),
    authenticate: async (stored, token) => whose(stored, token),
    serving() {
      serving ??= certificates.serving();
      return serving;
    },
    client: (subject) => certificates.client(subject),
    identify(certificate) {
      const now = chance.now();
      if (certificate.validFromDate.getTime() > now || certificate.validToDate.getTime() <= now) return undefined;
      if (!known.has(certificate)) known.set(certificate, isOurs(certificate, ca) ? userOf(certificate) : undefined);
      return known.get(certificate);
    },
  };
}

const isOurs = (certificate: X509Certificate, ca: X509Certificate): boolean =>
  certificate.checkIssued(ca) && certificate.verify(ca.publicKey) && [certificate.keyUsage].flat().includes(clientAuth);

function userOf(certificate: X509Certificate): User | undefined {
  const { CN, O } = certificate.toLegacyObject().subject;
  const name = [CN ?? []].flat()[0];
  if (!name) return undefined;
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  return {
    name,
    groups: [...[O ?? []].flat(), 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
  };
}
