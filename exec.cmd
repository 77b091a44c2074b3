@rem The scripts of package.json begin with exec, so that a signal to npm reaches the program, not a shell between.
@rem cmd has no exec: this is it.
@%*
