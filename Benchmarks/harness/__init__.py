"""What Benchmarks/run and Benchmarks/guard are made of. Only the standard library is used."""
