import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import { ClusterError } from '../model/errors.ts';
import { connectionFailure, hostPort, type Peer, seconds } from './failures.ts';
import { hostOf, portOf, tunnel } from './proxy.ts';

export interface DialTarget extends Peer {
  /** Left out: plain TCP (`http://` servers). */
  readonly tls?: {
    readonly context: SecureContext;
    /** Name that is asked for and that the certificate must hold; default: the host. */
    readonly serverName: string | undefined;
    readonly insecure: boolean;
  };
  readonly proxy?: { readonly url: URL; readonly context: SecureContext };
  readonly timeoutMs: number;
}

export interface Dialled {
  readonly socket: Socket;
  readonly protocol: 'h2' | 'http/1.1';
}

/**
 * Opens one connection, through the proxy if there is one, within one deadline for all of it.
 * @throws ClusterError `timeout`, `unreachable`, `tls`, or what the proxy answered
 */
export async function dial(target: DialTarget): Promise<Dialled> {
  const deadline = new AbortController();
  let doing = `connect ${hostPort(target)}`;
  const timer = setTimeout(() => deadline.abort(), target.timeoutMs);
  const opened: Socket[] = [];
  try {
    const { proxy } = target;
    let socket: Socket;
    if (proxy === undefined) {
      socket = await settled(openTcp(target, target.timeoutMs, opened), 'connect', deadline.signal, target);
    } else {
      const at = { host: hostOf(proxy.url), port: portOf(proxy.url), ownCa: target.ownCa };
      doing = `connect proxy ${hostPort(at)}`;
      socket = await settled(openTcp(at, target.timeoutMs, opened), 'connect', deadline.signal, at);
      if (proxy.url.protocol === 'https:') {
        socket = startTls(socket, at.host, { context: proxy.context, serverName: undefined, insecure: false }, [
          'http/1.1',
        ]);
        opened.push(socket);
        await settled(socket, 'secureConnect', deadline.signal, at);
      }
      doing = `tunnel through proxy ${hostPort(at)} to ${hostPort(target)}`;
      socket = await tunnel(socket, proxy.url, target, deadline.signal);
    }
    if (target.tls === undefined) return { socket, protocol: 'http/1.1' };
    doing = `TLS handshake with ${hostPort(target)}`;
    const secure = startTls(socket, target.host, target.tls, ['h2', 'http/1.1']);
    opened.push(secure);
    await settled(secure, 'secureConnect', deadline.signal, target);
    return { socket: secure, protocol: secure.alpnProtocol === 'h2' ? 'h2' : 'http/1.1' };
  } catch (error) {
    for (const socket of opened) socket.destroy();
    if (deadline.signal.aborted) {
      throw new ClusterError('timeout', `${doing} timed out after ${seconds(target.timeoutMs)}`, { cause: error });
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function openTcp(at: { host: string; port: number }, timeoutMs: number, opened: Socket[]): Socket {
  // Node gives each address of a name 250 ms by default, which a distant cluster does not keep.
  const socket = connectTcp({
    host: at.host,
    port: at.port,
    noDelay: true,
    autoSelectFamilyAttemptTimeout: Math.ceil(timeoutMs / 2),
  });
  socket.setKeepAlive(true, 30_000);
  // A socket that is given up may still fail later; without a listener that would end the process.
  socket.on('error', () => undefined);
  opened.push(socket);
  return socket;
}

function startTls(socket: Socket, host: string, tls: NonNullable<DialTarget['tls']>, protocols: string[]): TLSSocket {
  const name = tls.serverName ?? host;
  const secure = connectTls({
    socket,
    host,
    // An address may not be sent as a server name (RFC 6066); it is still what the certificate is checked for.
    ...(isIP(name) === 0 && { servername: name }),
    secureContext: tls.context,
    ALPNProtocols: protocols,
    rejectUnauthorized: !tls.insecure,
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  });
  secure.on('error', () => undefined);
  return secure;
}

function settled<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  deadline: AbortSignal,
  peer: Peer,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const failed = (error?: unknown) => {
      finish();
      reject(connectionFailure(error, peer));
    };
    const closed = () => failed(new Error('closed'));
    const done = () => {
      finish();
      resolve(socket);
    };
    const finish = () => {
      socket.off(event, done).off('error', failed).off('close', closed);
      deadline.removeEventListener('abort', closed);
    };
    socket.once(event, done).once('error', failed).once('close', closed);
    deadline.addEventListener('abort', closed);
    if (deadline.aborted) closed();
  });
}
