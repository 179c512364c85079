# SPDX-License-Identifier: MIT
#
# Adds to the output of `prove`: why tests were skipped, which tests failed (last, since the end of a long
# output is what a person sees first), how long each job took (for the order of the next run), and as the
# last line "N passed, N failed, N skipped". It also runs the jobs that must be alone
# before the others, one by one. From the environment: HEAPCTRS_TESTS_ALONE, those jobs; HEAPCTRS_BUILDS,
# how many builds succeeded and failed, which count as tests.
package TestResults;
use strict;
use warnings;
use parent 'TAP::Harness';

my $times = 'build/test-times';
my %skipped;    # "[build] reason" => names of tests
my %names;      # job => [names of its failed tests]

sub new {
    my ($class, $options) = @_;
    my @alone = split ' ', $ENV{HEAPCTRS_TESTS_ALONE} // '';
    $options->{rules} = { seq => [ { seq => \@alone }, { par => '**' } ] } if @alone;
    my $self = $class->SUPER::new($options);
    $self->callback(
        made_parser => sub {
            my ($parser, $job) = @_;
            my ($build) = $job->[0] =~ m{^([^/]*)/};
            $parser->callback(
                test => sub {
                    my $test = shift;
                    push @{ $skipped{"[$build] " . $test->explanation} }, "$job->[0]: " . $test->description
                      if $test->has_skip;
                    push @{ $names{ $job->[0] } }, $test->description unless $test->is_ok;
                });
            $parser->callback(
                plan => sub {
                    my $plan = shift;
                    push @{ $skipped{"[$build] " . $plan->explanation} }, $job->[0] if $plan->has_skip;
                });
        });
    return $self;
}

# The counts of one job. An error outside its tests is one more failure.
sub counts {
    my $parser = shift;
    my $skipped = $parser->skip_all ? 1 : scalar $parser->skipped;
    my $failed  = scalar $parser->failed;
    my $missing = ($parser->tests_planned || 0) - $parser->tests_run;
    $failed += $missing if $missing > 0;
    $failed = 1 if !$failed && $parser->has_problems;
    my $passed = scalar($parser->passed) - ($parser->skip_all ? 0 : $skipped);
    return ($passed, $failed, $skipped);
}

sub remember_times {
    my $aggregate = shift;
    my %seconds;
    if (open my $file, '<', $times) {
        %seconds = map { (split)[1, 0] } <$file>;
    }
    for my $job ($aggregate->descriptions) {
        my ($parser) = $aggregate->parsers($job);
        $seconds{$job} = sprintf '%.2f', $parser->end_time - $parser->start_time;
    }
    if (open my $file, '>', $times) {
        print $file "$seconds{$_} $_\n" for sort keys %seconds;
    }
}

# The failed tests of one job, a line each, and what was wrong with the job as a whole.
sub failures {
    my ($job, $parser) = @_;
    my @lines = map { "$job: $_" } @{ $names{$job} // [] };
    push @lines, "$job: " . join ', ', $parser->parse_errors if $parser->parse_errors;
    push @lines, "$job: it ended with status " . $parser->exit if $parser->exit && !@lines;
    return map { "  $_\n" } @lines;
}

sub summary {
    my ($self, $aggregate, @others) = @_;
    $self->SUPER::summary($aggregate, @others);
    remember_times($aggregate);
    my ($passed, $failed, $skipped) = (split(' ', $ENV{HEAPCTRS_BUILDS} // '0 0'), 0);
    for my $parser ($aggregate->parsers) {
        my @counts = counts($parser);
        $passed += $counts[0];
        $failed += $counts[1];
        $skipped += $counts[2];
    }
    print "\nSkipped:\n" if %skipped;
    for my $reason (sort keys %skipped) {
        my @names = @{ $skipped{$reason} };
        print '  ', @names > 1 ? @names . ' tests' : $names[0], " $reason\n";
    }
    my @failures = map { failures($_, $aggregate->parsers($_)) } $aggregate->descriptions;
    print "\nFailed:\n", @failures if @failures;
    print "$passed passed, $failed failed", $skipped ? ", $skipped skipped" : '', "\n";
}

1;
