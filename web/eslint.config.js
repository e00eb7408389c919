import { readdirSync } from 'node:fs';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const screens = readdirSync(new URL('office/screens', import.meta.url));

/** A rule against imports whose path matches; the message names the way to do it instead. */
function forbid(files, regex, message, ignores = []) {
  return {
    files,
    ignores,
    rules: { 'no-restricted-imports': ['error', { patterns: [{ regex, message }] }] },
  };
}

export default tseslint.config(
  { ignores: ['node_modules', 'shared/api/schema.d.ts'] },
  ...tseslint.configs.strict,
  reactHooks.configs.flat.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      // `const { peek: _peek, ...rest }` is how a key is left out.
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      // It warns of the React Compiler, which is not used.
      'react-hooks/incompatible-library': 'off',
    },
  },
  forbid(
    ['shared/**'],
    '(^|/)(office|field)/|^@mantine/',
    'shared/ serves both apps: it imports neither of them, and no Mantine.',
  ),
  forbid(
    ['office/**'],
    '(^|/)field/|(^|/)screens/',
    'office/ and field/ never import each other, and only the router imports screens.',
    ['office/router.tsx', 'office/screens/**'],
  ),
  forbid(
    ['office/{api,model,ui}/**'],
    '(^|/)(field|screens|shell)/',
    'api/, model/ and ui/ lie below the shell and the screens.',
  ),
  ...screens.map((screen) =>
    forbid(
      [`office/screens/${screen}/**`],
      `(^|/)field/|(^|/)screens/|^\\.\\./(${screens.filter((other) => other !== screen).join('|')})(/|$)`,
      'A screen never imports another: move what they share to ui/, model/ or api/.',
    ),
  ),
);
