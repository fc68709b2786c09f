const openAPIV3Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        accepts: { type: 'boolean' },
        seconds: { type: 'integer', default: 60 },
        amount: { type: 'string' },
        size: { type: 'string', enum: ['small', 'large'] },
        taints: {
          type: 'array',
          items: { type: 'object', properties: { key: { type: 'string' }, effect: { type: 'string' } } },
        },
        parts: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, colour: { type: 'string' } },
          },
        },
      },
    },
    status: { type: 'object', properties: { phase: { type: 'string' } } },
  },
};

export const widgetGroup = 'contract.rollcall.dev';

/** A cluster-wide kind with a status, a default, and lists of both sorts. */
export const widgetDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `widgets.${widgetGroup}` },
  spec: {
    group: widgetGroup,
    scope: 'Cluster',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wg'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema },
        subresources: { status: {} },
        additionalPrinterColumns: [{ name: 'Size', type: 'string', jsonPath: '.spec.size' }],
      },
    ],
  },
};

export const widgetsPath = `/apis/${widgetGroup}/v1/widgets`;

/** @returns a Widget of that name */
export const widget = (name: string, spec: object = {}, metadata: object = {}) => ({
  apiVersion: `${widgetGroup}/v1`,
  kind: 'Widget',
  metadata: { name, ...metadata },
  spec,
});
