// Builds the native addon. `npm run build:native`, node-gyp (binding.gyp) and so npm and prebuildify all end here.
import { ensureNativeBuild } from './steps/native-build.mjs';
import { isMain, runMain, say, withLock } from './steps/shell.mjs';

if (isMain(import.meta.url)) {
  await runMain(async () => {
    const built = await withLock('build', () =>
      ensureNativeBuild({ force: process.argv.includes('--force') }),
    );
    if (!built) say('The native engine is up to date');
  });
}
