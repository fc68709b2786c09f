import type { Access, Endpoint, Fleet, Hub, Member, Mode, OcmOptions, Registration, Source } from '../model/fleet.ts';
import type { Assembled, AssembledHub, AssembledMember, AssembledRegistration } from './assemble.ts';
import { CertificateFiles } from './certificates.ts';
import { child, type DocNode, type MapNode, mapAt, mapsAt, type SourceText, text, toValue } from './document.ts';
import type { Concerned, Findings } from './findings.ts';
import type { FleetFolder } from './folder.ts';
import { accessKind } from './merge.ts';

/**
 * Turns an assembled fleet that has no problems into the model: paths absolute, files of certificates read, defaults of the
 * access filled in. What is wrong with those files goes to `findings`.
 */
export function resolveFleet(assembled: Assembled, source: SourceText, folder: FleetFolder, findings: Findings): Fleet {
  return new Resolver(source, folder, findings).fleet(assembled);
}

class Resolver {
  readonly #source: SourceText;
  readonly #folder: FleetFolder;
  readonly #findings: Findings;
  readonly #certificates = new CertificateFiles();

  constructor(source: SourceText, folder: FleetFolder, findings: Findings) {
    this.#source = source;
    this.#folder = folder;
    this.#findings = findings;
  }

  fleet(assembled: Assembled): Fleet {
    const hubs = new Map(assembled.hubs.map((hub) => [hub.name, this.#hub(hub)]));
    const members: Member[] = [];
    const registrations: Registration[] = [];
    for (const assembledMember of assembled.members) {
      const member = this.#member(assembledMember);
      members.push(member);
      for (const registration of assembledMember.registrations) {
        const hub = hubs.get(registration.hub);
        if (hub !== undefined) registrations.push(this.#registration(registration, hub, member, assembledMember));
      }
    }
    return { name: text(assembled.root, 'name') ?? '', hubs: [...hubs.values()], members, registrations };
  }

  #place(node: DocNode): Source {
    return this.#source.place(node.at);
  }

  #hub({ name, node }: AssembledHub): Hub {
    const endpoint = mapAt(node, 'endpoint');
    return {
      name,
      type: 'ocm',
      access: this.#access(node, name),
      ...(endpoint === undefined ? {} : { endpoint: this.#endpoint(endpoint) }),
      source: this.#place(node),
    };
  }

  #member({ name, labels, node, written }: AssembledMember): Member {
    return { name, labels, access: this.#access(node, name), source: this.#place(written) };
  }

  #registration({ node }: AssembledRegistration, hub: Hub, member: Member, concerned: Concerned): Registration {
    const hubEndpoint = mapAt(node, 'hubEndpoint');
    const adopt = child(node, 'adopt');
    return {
      id: `${hub.name}/${member.name}`,
      hub,
      member,
      mode: modeOf(node),
      state: text(node, 'state') === 'absent' ? 'absent' : 'present',
      works: text(node, 'works') === 'drain' ? 'drain' : 'refuse',
      adopt: adopt?.kind === 'scalar' && adopt.value === true,
      ...(hubEndpoint === undefined ? {} : { hubEndpoint: this.#endpoint(hubEndpoint, concerned) }),
      options: this.#options(node, concerned),
      source: this.#place(node),
    };
  }

  #access(cluster: MapNode, name: string): Access {
    const access = mapAt(cluster, 'access');
    const kind = access === undefined ? 'kubeconfig' : accessKind(access);
    if (kind === 'in-cluster') return { via: 'in-cluster' };
    if (kind === 'server') {
      const caFile = text(access, 'caFile');
      return {
        via: 'server',
        server: text(access, 'server') ?? '',
        ...(caFile === undefined ? {} : { caFile: this.#folder.absolute(caFile) }),
        tokenFile: this.#folder.absolute(text(access, 'tokenFile') ?? ''),
      };
    }
    const kubeconfig = text(access, 'kubeconfig');
    const path = kubeconfig === undefined ? undefined : this.#folder.absolute(kubeconfig);
    return {
      via: 'kubeconfig',
      ...(path === undefined ? {} : { kubeconfig: path }),
      context: text(access, 'context') ?? name,
      insideFleetFolder: path === undefined ? this.#folder.holdsDefaultKubeconfig : this.#folder.holds(path),
    };
  }

  #endpoint(node: MapNode, concerned?: Concerned): Endpoint {
    const server = text(node, 'server');
    const ca = this.#bundle(node, concerned);
    const tlsServerName = text(node, 'tlsServerName');
    const proxyUrl = text(node, 'proxyUrl');
    return {
      ...(server === undefined ? {} : { server }),
      ...(ca === undefined ? {} : { ca }),
      ...(tlsServerName === undefined ? {} : { tlsServerName }),
      ...(proxyUrl === undefined ? {} : { proxyUrl }),
      ...(text(node, 'lookup') === undefined ? {} : { lookup: 'cluster-info' }),
    };
  }

  #options(registration: MapNode, concerned: Concerned): OcmOptions {
    const node = mapAt(registration, 'options');
    if (node === undefined) return {};
    // The schema and the rules have proven this shape; only clientConfigs is written otherwise than the model has it.
    const options = toValue(node) as OcmOptions;
    if (!node.entries.has('clientConfigs')) return options;
    const clientConfigs = mapsAt(node, 'clientConfigs').map((config) => {
      const caBundle = this.#bundle(config, concerned);
      return { url: text(config, 'url') ?? '', ...(caBundle === undefined ? {} : { caBundle }) };
    });
    return { ...options, clientConfigs };
  }

  #bundle(node: MapNode, concerned?: Concerned): string | undefined {
    const file = child(node, 'caFile');
    if (file?.kind !== 'scalar' || typeof file.value !== 'string') return undefined;
    const result = this.#certificates.bundle(this.#folder.absolute(file.value));
    if ('pem' in result) return result.pem;
    this.#findings.add('ca-file', { node: file, message: result.problem }, concerned);
    return undefined;
  }
}

function modeOf(node: MapNode): Mode {
  return text(node, 'mode') === 'ocm-singleton' ? 'ocm-singleton' : 'ocm-default';
}
