import { fileURLToPath } from 'node:url';
import { defineConfig } from 'tsdown';
import { precompiledValidator } from './src/config/precompile.ts';

const validator = fileURLToPath(new URL('src/config/validator.ts', import.meta.url));

/** One program without node_modules: commands are loaded when they are called, the schema is compiled ahead. */
export default defineConfig({
  entry: { main: 'src/main.ts' },
  format: 'esm',
  platform: 'node',
  target: 'node22',
  outDir: 'dist',
  clean: true,
  dts: false,
  fixedExtension: false,
  deps: { alwaysBundle: [/.*/], onlyBundle: false },
  logLevel: 'warn',
  plugins: [
    {
      name: 'precompiled-validator',
      load: (id: string) => (id === validator ? { code: precompiledValidator(), moduleType: 'js' } : undefined),
    },
  ],
});
