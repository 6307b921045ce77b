module example.com/outside

go 1.26.0

require github.com/powbench/powbench v0.0.0

replace github.com/powbench/powbench => ../..
