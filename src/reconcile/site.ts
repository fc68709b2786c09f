/** Where an API server is, as far as the rule about loopback endpoints needs it. */
export interface ServerSite {
  readonly server: string;
}

/** @returns whether a URL names this machine itself, or no machine at all */
export function isLoopback(url: string): boolean {
  const host = URL.parse(url)?.hostname.replace(/^\[|\]$/g, '') ?? '';
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host.startsWith('127.') ||
    host === '::1' ||
    host === '0.0.0.0' ||
    host === '::'
  );
}
