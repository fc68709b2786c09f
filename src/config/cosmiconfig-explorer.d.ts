import type { CosmiconfigResult, Loaders, SearchStrategy, Transform } from 'cosmiconfig';

// The published declarations strip this class; these are the parts of it that read.ts uses.
declare module 'cosmiconfig/dist/Explorer.js' {
  export class Explorer {
    constructor(options: {
      moduleName: string;
      searchPlaces: string[];
      ignoreEmptySearchPlaces: boolean;
      cache: boolean;
      mergeImportArrays: boolean;
      mergeSearchPlaces: boolean;
      searchStrategy: SearchStrategy;
      metaConfigFilePath: string | null;
      transform: Transform;
      loaders: Loaders;
    });
    search(from: string): Promise<CosmiconfigResult>;
  }
}
