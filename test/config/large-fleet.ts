/** Text of a fleet with `count` members that use labels, a group, templates and options. */
export function largeFleet(count: number): string {
  const lines = [
    'apiVersion: rollcall.dev/v1alpha1',
    'kind: Fleet',
    'name: large',
    'hubs:',
    '  - { name: ocm-eu, type: ocm, endpoint: { server: "https://eu.hub.example:6443" } }',
    '  - { name: ocm-us, type: ocm, endpoint: { server: "https://us.hub.example:6443" } }',
    'defaults:',
    '  access: { kubeconfig: "/etc/fleet/kube/{name}.yaml" }',
    '  registrations: [{ hub: "ocm-{labels.region}", mode: ocm-default, options: { clusterSet: "{labels.region}" } }]',
    'groups:',
    '  - name: small',
    '    match: { size: small }',
    '    registrations:',
    '      - hub: "ocm-{labels.region}"',
    '        mode: ocm-singleton',
    '        options:',
    '          resources: { qosClass: ResourceRequirement, requests: { cpu: 300m, memory: 300Mi }, limits: { cpu: 600m, memory: 600Mi } }',
    'members:',
  ];
  for (let index = 0; index < count; index++) {
    const region = index % 2 === 0 ? 'eu' : 'us';
    lines.push(
      `  - name: member-${index}`,
      '    labels:',
      `      region: ${region}`,
      `      size: ${index % 4 === 0 ? 'small' : 'large'}`,
      '    registrations:',
      `      - hub: ocm-${region}`,
      '        options:',
      '          annotations:',
      `            acme.example/owner: team-${index % 20}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
