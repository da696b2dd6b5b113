# soak.gnuplot SAMPLES PICTURE: memory, threads, descriptors and requests of a soak, one below the other.
set terminal pngcairo size 1200,1200 font ",10"
set output ARG2
set datafile separator ","
set multiplot layout 4,1 title "qga under load"
set grid
set key top left
set xlabel "seconds"
set yrange [0:*]
warm = 0.2
stats ARG1 every ::1 using 1 nooutput name "T"
first = T_min + warm * (T_max - T_min)
m = 0; b = 0
array names[3] = ["memory (PSS), MiB", "threads", "descriptors"]
do for [figure = 1:3] {
    stats [first:T_max] ARG1 every ::1 using 1:(column(figure + 2)) nooutput name "F"
    trend(x) = F_slope * x + F_intercept
    set title names[figure]
    plot ARG1 every ::1 using 1:(column(figure + 2)) with lines lc rgb "#8888cc" title "samples", \
        [first:T_max] trend(x) with lines lw 2 lc rgb "#cc0000" title sprintf("%+.2f an hour", F_slope * 3600)
}
set title "requests (thousands), zombies"
plot ARG1 every ::1 using 1:($2 / 1000) with lines lc rgb "#008800" title "requests", \
    ARG1 every ::1 using 1:6 with lines lc rgb "#000000" title "zombies"
