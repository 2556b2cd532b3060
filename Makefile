.PHONY: run test

run:
	./run
test:
	./run test
