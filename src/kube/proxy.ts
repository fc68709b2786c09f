import { request } from 'node:http';
import { BlockList, isIP, type Socket } from 'node:net';
import { ClusterError } from '../model/errors.ts';
import { hostPort } from './failures.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** @returns the host of a URL without the brackets of an IPv6 address */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

/** @returns the port of a URL, explicit or the scheme's */
export const portOf = (url: URL): number => Number(url.port || (url.protocol === 'http:' ? 80 : 443));

/**
 * The proxy that kubectl would use for `server`: the kubeconfig's `proxy-url`, else HTTPS_PROXY or HTTP_PROXY (by the
 * server's scheme, upper case first) unless NO_PROXY or loopback exempts the host.
 * @throws ClusterError `unreachable` for a proxy that is no HTTP proxy, or whose user and password cannot be decoded
 */
export function proxyFor(server: URL, configured: string | undefined, variables: Variables): URL | undefined {
  if (configured !== undefined) return proxyUrl(configured, 'proxy-url');
  const name = server.protocol === 'http:' ? 'HTTP_PROXY' : 'HTTPS_PROXY';
  const found = variables[name] || variables[name.toLowerCase()];
  if (!found || exempt(server, variables['NO_PROXY'] || variables['no_proxy'] || '')) return undefined;
  return proxyUrl(found, name);
}

function proxyUrl(written: string, from: string): URL {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`;
  if (!URL.canParse(withScheme)) throw new ClusterError('unreachable', `${from} is not a URL`);
  const url = new URL(withScheme);
  if (url.protocol.startsWith('socks')) {
    throw new ClusterError('unreachable', `${from} names a SOCKS proxy, which is not supported`, {
      next: 'use an HTTP proxy that allows CONNECT',
    });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ClusterError(
      'unreachable',
      `${from} has the scheme ${url.protocol.slice(0, -1)}, which is no HTTP proxy`,
    );
  }
  try {
    credentialsOf(url);
  } catch {
    throw new ClusterError('unreachable', `${from} has a user or password that is not percent-encoded`);
  }
  return url;
}

/** @throws URIError for a stray `%` */
const credentialsOf = (url: URL): string => `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;

/** NO_PROXY as Go reads it: `*`, addresses, CIDR ranges, domains (with or without leading dot), each with an optional port. */
function exempt(server: URL, list: string): boolean {
  const host = hostOf(server).toLowerCase();
  const version = isIP(host);
  if (host === 'localhost' || host.startsWith('127.') || host === '::1') return true;
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && matches(entry));

  function matches(entry: string): boolean {
    if (entry === '*') return true;
    if (entry.includes('/')) return version !== 0 && inRange(host, version, entry);
    const port = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(entry);
    if (port !== null && Number(port[3]) !== portOf(server)) return false;
    const name = (port?.[1] ?? port?.[2] ?? entry).replace(/^\*\./, '.');
    if (version !== 0) return host === name;
    return name.startsWith('.') ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
  }
}

function inRange(host: string, version: number, range: string): boolean {
  const [network = '', prefix = ''] = range.split('/');
  if (isIP(network) !== version || !/^\d{1,3}$/.test(prefix)) return false;
  if (Number(prefix) > (version === 4 ? 32 : 128)) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const block = new BlockList();
  block.addSubnet(network, Number(prefix), family);
  return block.check(host, family);
}

/**
 * Asks the proxy at the other end of `socket` for a tunnel.
 * @returns the same socket, now carrying bytes to `target`
 * @throws ClusterError `auth` when the proxy wants other credentials, `unreachable` when it gives no tunnel
 */
export function tunnel(
  socket: Socket,
  proxy: URL,
  target: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<Socket> {
  const name = hostPort({ host: hostOf(proxy), port: portOf(proxy) });
  return new Promise((resolve, reject) => {
    const asked = request({
      method: 'CONNECT',
      path: hostPort(target),
      createConnection: () => socket,
      signal,
      headers: {
        host: hostPort(target),
        ...(proxy.username !== '' && {
          'proxy-authorization': `Basic ${Buffer.from(credentialsOf(proxy)).toString('base64')}`,
        }),
      },
    });
    const refuse = (status: number | undefined) => {
      socket.destroy();
      const what = status === 407 ? 'wants other credentials' : `gives no tunnel to ${hostPort(target)}`;
      reject(
        new ClusterError(status === 407 ? 'auth' : 'unreachable', `proxy ${name} ${what} (HTTP ${status ?? '?'})`),
      );
    };
    asked.once('connect', (response, tunnelled, head) => {
      if (response.statusCode !== 200) return refuse(response.statusCode);
      if (head.length > 0) tunnelled.unshift(head);
      resolve(socket);
    });
    asked.once('response', (response) => refuse(response.statusCode));
    asked.once('error', (cause) =>
      reject(
        new ClusterError('unreachable', `proxy ${name} closed the connection before the tunnel was open`, { cause }),
      ),
    );
    asked.end();
  });
}
