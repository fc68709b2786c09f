import type { CertificateRequestFacts } from '../model/cluster.ts';
import { loadX509 } from './x509.ts';

/**
 * Facts of a PKCS#10 request. The library costs some 100 ms to load, so only a run that meets a request loads it.
 * @param pem as in `spec.request`, base64 already taken off
 * @throws Error when it is none, or its subject has not exactly one common name
 */
export async function certificateRequestFacts(pem: string): Promise<CertificateRequestFacts> {
  const { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } = await loadX509();
  const request = new Pkcs10CertificateRequest(pem);
  const names = request.subjectName.toJSON();
  const valuesOf = (type: string): string[] => names.flatMap((relative) => relative[type] ?? []);
  const [commonName, ...others] = valuesOf('CN');
  // Two parsers may pick two different ones.
  if (commonName === undefined || others.length > 0) throw new Error(`it has ${valuesOf('CN').length} common names`);
  const alternatives = request.extensions.flatMap((extension) =>
    extension instanceof SubjectAlternativeNameExtension
      ? extension.names.items.map((name) => `${name.type}:${name.value}`)
      : [`extension:${extension.type}`],
  );
  return {
    commonName,
    organizations: valuesOf('O'),
    subjectAltNames: alternatives,
    signatureValid: await request.verify().catch(() => false),
  };
}
