"""What is done with events, each consumer in a module of its own (here, or in the room above that wants them)."""
