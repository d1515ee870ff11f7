/** Bundles a file of the tests with all that it imports; answers with the bundle's path. */
export declare function bundle(file: string): Promise<string>;
