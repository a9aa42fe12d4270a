/** Reads the imports and exports of one source file from its syntax alone. */
import ts from 'typescript';

export interface ImportedNames {
  /** As it is written. */
  readonly specifier: string;
  /** Undefined: whatever there is (`import * as`, `import()`). None: for what it does when it is loaded. */
  readonly names: readonly string[] | undefined;
}

export interface PassedOn {
  /** As it is written. */
  readonly specifier: string;
  /** The name there, by the name here. Undefined: everything (`export *`). */
  readonly names: ReadonlyMap<string, string> | undefined;
}

export interface SourceModule {
  readonly imports: readonly ImportedNames[];
  readonly passedOn: readonly PassedOn[];
  /** Names that are declared and exported here. */
  readonly declares: readonly string[];
  /** Every string in it: packages are also found by their names. */
  readonly strings: readonly string[];
}

const scripts = /<script[^>]*>([\s\S]*?)<\/script>/g;

/** Pure. `path` tells a component from a module. */
export function readModule(path: string, text: string): SourceModule {
  const code = path.endsWith('.svelte') ? Array.from(text.matchAll(scripts), ([, script]) => script).join('\n') : text;
  const source = ts.createSourceFile(path, code, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS);
  const imports: ImportedNames[] = [];
  const passedOn: PassedOn[] = [];
  const declares: string[] = [];
  const strings: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) strings.push(node.text);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      for (const argument of node.arguments)
        if (ts.isStringLiteralLike(argument)) imports.push({ specifier: argument.text, names: undefined });
    ts.forEachChild(node, visit);
  };
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) imports.push(importOf(statement));
    else if (ts.isExportDeclaration(statement)) {
      const { moduleSpecifier, exportClause } = statement;
      if (moduleSpecifier && ts.isStringLiteral(moduleSpecifier))
        passedOn.push({ specifier: moduleSpecifier.text, names: namesOf(exportClause) });
      else for (const name of namesOf(exportClause)?.keys() ?? []) declares.push(name);
    } else if (isExported(statement)) declares.push(...declaredNames(statement));
  }
  visit(source);
  return { imports, passedOn, declares, strings };
}

function importOf({ importClause, moduleSpecifier }: ts.ImportDeclaration): ImportedNames {
  const specifier = ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : '';
  const bindings = importClause?.namedBindings;
  if (bindings && ts.isNamespaceImport(bindings)) return { specifier, names: undefined };
  const names = bindings?.elements.map(({ name, propertyName }) => (propertyName ?? name).text) ?? [];
  return { specifier, names: importClause?.name ? ['default', ...names] : names };
}

function namesOf(clause: ts.NamedExportBindings | undefined): Map<string, string> | undefined {
  if (!clause) return undefined;
  if (ts.isNamespaceExport(clause)) return new Map([[clause.name.text, '*']]);
  return new Map(clause.elements.map(({ name, propertyName }) => [name.text, (propertyName ?? name).text]));
}

function isExported(statement: ts.Statement): boolean {
  if (ts.isExportAssignment(statement)) return true;
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  );
}

function declaredNames(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []));
  if (ts.isExportAssignment(statement)) return ['default'];
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isEnumDeclaration(statement);
  return isNamed && statement.name ? [statement.name.text] : [];
}
