// Exists so that the precompiled header of the standard library has a target to belong to; every module reuses it.
